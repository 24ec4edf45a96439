//! What the server that will run the prompt says about itself, in the place of what was stated or guessed before.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::address::Address;
use super::server::{Device, Stats};
use crate::catalog::gpus::{self, Match};
use crate::catalog::nodes::{Catalog, Stated as StatedNodes};
use crate::facts::launch::Launch;
use crate::facts::machine::{Machine, Origin, Stated};
use crate::facts::os::Os;
use crate::facts::versions::Version;

/// The machine of the server. What it does not tell stays as it was.
///
/// # Errors
/// When its `/object_info` is none.
pub fn machine(base: &Machine, stats: &Stats, object_info: String) -> Result<Machine, String> {
    let catalog = StatedNodes::read(object_info).map_err(|error| format!("/object_info of the server: {error}"))?;
    let card = stats.devices.first().filter(|device| device.kind == "cuda" && device.total_mib > 0.0);
    let mib = |mib: f64| format!("{mib}MiB");
    let version = |said: &Option<String>, known: Option<Version>| {
        let said = said.clone().filter(|text| text.parse::<Version>().is_ok());
        said.or_else(|| known.map(|version| version.to_string()))
    };
    let stated = Stated {
        gpu: match card.map(|card| gpus::find(card.card())) {
            Some(Match::One(found)) => Some(found.name.to_owned()),
            Some(_) => None,
            None => Some("none".to_owned()),
        },
        vram: card.map(|card| mib(card.total_mib)),
        ram: stats.ram_total_mib.or(base.ram_mib).map(mib),
        os: stats.os.or(base.os).map(|os| os.to_string().to_lowercase()),
        comfyui: version(&stats.comfyui, base.comfyui),
        torch: version(&stats.torch, base.torch),
        cards: base.host.cards.clone(),
        driver: base.host.driver.clone(),
        ..Stated::default()
    };
    let mut machine = Machine::new(&stated, |_| None)?;
    if let Some(card) = card {
        machine.see_others(others_mib(card));
    }
    machine.catalog = Catalog::with(catalog);
    if machine.gpu.is_some() {
        machine.origin = Origin::Detected;
    }
    Ok(machine)
}

/// What other programs and the CUDA context hold, MiB: what is not free, without what PyTorch of the server holds.
pub fn others_mib(card: &Device) -> f64 {
    let free = card.free_mib - card.torch_free_mib;
    (card.total_mib - free - card.torch_total_mib).max(0.0)
}

/// What was stated and is not so, in words: the server counts.
pub fn contradictions(base: &Machine, live: &Machine) -> Vec<String> {
    let mut all = Vec::new();
    let mut one = |what: &str, stated: Option<String>, said: Option<String>| {
        if let (Some(stated), Some(said)) = (stated, said)
            && stated != said
        {
            all.push(format!("{what}: {stated} was stated, the server has {said}"));
        }
    };
    one("ComfyUI", base.comfyui.map(|version| version.to_string()), live.comfyui.map(|version| version.to_string()));
    one("system", base.os.map(|os| os.to_string()), live.os.map(|os| os.to_string()));
    let card = |machine: &Machine| machine.gpu.clone().filter(|_| machine.origin != Origin::Unknown);
    one("card", card(base).filter(|_| base.origin == Origin::Stated), card(live));
    all
}

/// The start of a server that runs, as a script that a check can read: its name, and its text in the system's own shell.
pub fn start(address: &Address, stats: &Stats) -> (PathBuf, Vec<u8>) {
    let host = format!("server-{}-{}", address.host().replace(':', "-"), address.port());
    let args = stats.argv.get(1..).unwrap_or_default();
    script(&host, args, &[], stats.os == Some(Os::Windows))
}

/// Arguments behind `main.py` and variables as a script of a name: in batch, or for a shell.
pub(crate) fn script(name: &str, args: &[String], env: &[(String, String)], windows: bool) -> (PathBuf, Vec<u8>) {
    let quote = |word: &String| if windows { in_batch(word) } else { in_shell(word) };
    let words: Vec<String> = args.iter().map(quote).collect();
    let set = |(name, value): &(String, String)| match windows {
        true => format!("set \"{name}={}\"\n", value.replace('%', "%%")),
        false => format!("export {name}={}\n", in_shell(value)),
    };
    let variables: String = env.iter().map(set).collect();
    let text = format!("{variables}{}\n", format!("python main.py {}", words.join(" ")).trim_end());
    let ending = if windows { "bat" } else { "sh" };
    (PathBuf::from(format!("{name}.{ending}")), text.into_bytes())
}

fn plain(word: &str) -> bool {
    let harmless = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@+".contains(letter);
    !word.is_empty() && word.chars().all(harmless)
}

fn in_shell(word: &str) -> String {
    if plain(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn in_batch(word: &str) -> String {
    if plain(word) { word.to_owned() } else { format!("\"{}\"", word.replace('%', "%%").replace('"', "\"\"")) }
}

/// Flags of a script that the running server does not have, and the other way round: sentences.
pub fn differences(script: &Launch, server: &Launch) -> Vec<String> {
    let (script_flags, server_flags) = (flags(script), flags(server));
    let mut all = Vec::new();
    for (name, value) in &script_flags {
        match server_flags.get(name) {
            None => all.push(format!("the script has {}, the server runs without it", shown(name, value))),
            Some(other) if other != value => {
                all.push(format!("the script has {}, the server {}", shown(name, value), shown(name, other)));
            }
            Some(_) => {}
        }
    }
    let only_server = server_flags.iter().filter(|(name, _)| !script_flags.contains_key(*name));
    all.extend(only_server.map(|(name, value)| format!("the server has {}, the script does not", shown(name, value))));
    all
}

/// Flags that say nothing about the generation, and those whose values are folders of one machine.
const APART: [&str; 4] = ["--auto-launch", "--disable-auto-launch", "--listen", "--port"];

fn flags(launch: &Launch) -> BTreeMap<String, Vec<String>> {
    let known = launch.flags.iter().filter(|flag| flag.known && flag.values.iter().all(|value| value.known));
    let named = known.map(|flag| (flag.name.map_or_else(|| flag.written.clone(), str::to_owned), flag));
    let counted = named.filter(|(name, _)| !APART.contains(&name.as_str()));
    counted.map(|(name, flag)| (name, flag.values.iter().map(|value| value.text.clone()).collect())).collect()
}

fn shown(name: &str, values: &[String]) -> String {
    std::iter::once(name).chain(values.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Kind;
    use crate::project::{File, interpret};
    use crate::read::script::Dialect;
    use crate::source::Source;

    fn stats(os: &str, argv: &[&str]) -> Stats {
        let text = serde_json::json!({
            "system": {"os": os, "ram_total": 68_719_476_736_u64, "comfyui_version": "0.33.0", "pytorch_version": "2.9.1+cu130", "argv": argv},
            "devices": [{"name": "cuda:0 NVIDIA GeForce RTX 5090 : cudaMallocAsync", "type": "cuda", "index": 0,
                "vram_total": 34_190_458_880_u64, "vram_free": 30_000_000_000_u64,
                "torch_vram_total": 3_000_000_000_u64, "torch_vram_free": 1_000_000_000_u64}]
        });
        serde_json::from_value(text).unwrap()
    }

    const ANSWER: &str = r#"{"A": {"input": {"required": {}}, "output": [], "output_name": [], "name": "A"}}"#;

    fn launch(text: &str, dialect: Dialect) -> File {
        interpret(Source::from_text("x", text), Kind::Script(dialect), true, true, &Catalog::default()).unwrap()
    }

    #[test]
    fn the_server_tells_its_machine() {
        let base = Machine::new(
            &Stated { gpu: Some("RTX 3090".into()), comfyui: Some("0.3.64".into()), ..Stated::default() },
            |_| None,
        )
        .unwrap();
        let live = machine(&base, &stats("win32", &["main.py"]), ANSWER.to_owned()).unwrap();
        assert_eq!((live.gpu.as_deref(), live.os), (Some("NVIDIA GeForce RTX 5090"), Some(Os::Windows)));
        assert_eq!(live.total_mib(None), Some((32606.5625, 32606.5625)));
        // 34190.46 MB in all, 29000 of them free without PyTorch's own, 3000 PyTorch's: 2190.46 MB are held by others.
        let (least, most) = live.others_mib(None);
        assert_eq!((least.round(), (most - least).round()), (2089.0, 170.0));
        assert_eq!((live.comfyui.unwrap().to_string(), live.cuda13), ("0.33.0".to_owned(), Some(true)));
        assert_eq!(contradictions(&base, &live).len(), 2);
        assert!(machine(&base, &stats("nt", &[]), "<html>".to_owned()).unwrap_err().contains("/object_info"));
    }

    #[test]
    fn its_start_reads_back_as_it_was() {
        let argv = ["main.py", "--reserve-vram", "4", "--output-directory", "C:\\my files\\100%\\it's", "--lowvram"];
        for (os, dialect) in [("win32", Dialect::Batch), ("linux", Dialect::Shell)] {
            let (_, text) = start(&Address::local(8188), &stats(os, &argv));
            let file = launch(std::str::from_utf8(&text).unwrap(), dialect);
            let words: Vec<&str> = file.launches()[0].args.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(words, argv[1..], "{os}");
        }
    }

    #[test]
    fn differences_are_told_flag_by_flag() {
        let script = launch("python main.py --reserve-vram 4 --lowvram --port 1\n", Dialect::Shell);
        let server = launch("python main.py --reserve-vram 2 --use-sage-attention\n", Dialect::Shell);
        let found = differences(&script.launches()[0], &server.launches()[0]);
        assert_eq!(
            found,
            [
                "the script has --lowvram, the server runs without it",
                "the script has --reserve-vram 4, the server --reserve-vram 2",
                "the server has --use-sage-attention, the script does not",
            ]
        );
        assert!(differences(&script.launches()[0], &script.launches()[0]).is_empty());
    }
}
