//! `wanlint bench --dry-run`: variants are checked and forecast before anything runs.

use serde_json::Value;

use super::{BASELINE, WORKFLOW, json, stdout, wanlint};

const RECORD: &str = "fixtures/rtx5090/bench.json";

fn plan<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["bench", WORKFLOW, "--launch", BASELINE, "--dry-run"], more].concat()
}

/// The variants of the founding record as they stand in it, planned again from the files.
#[test]
fn the_founding_record_has_the_forecasts_of_its_starts() {
    let record: Value = serde_json::from_str(&std::fs::read_to_string(RECORD).unwrap()).unwrap();
    let planned = json(&plan(&[
        "--variant",
        "FlashAttention: --reserve-vram 4 --use-pytorch-cross-attention",
        "--variant",
        "FlashAttention, compile: --reserve-vram 4 --use-pytorch-cross-attention TORCH_COMPILE=1",
        "--output-format",
        "json",
    ]));
    for (at, planned) in planned["variants"].as_array().unwrap().iter().enumerate() {
        for member in ["name", "changes", "forecast", "alone", "limits", "skipped"] {
            assert_eq!(record["variants"][at][member], planned[member], "variant {at}: {member}");
        }
    }
    assert_eq!(planned["workflow"], record["workflow"]);
    assert_eq!(planned["runs"], Value::Array(Vec::new()));
}

#[test]
fn what_cannot_run_is_skipped_with_the_reason() {
    let text = stdout(&plan(&[
        "--os",
        "linux",
        "--variant",
        "long: 98.length=2001",
        "--variant",
        "nothing there: !--lowvram",
        "--variant",
        "both: --lowvram --highvram",
        "--variant",
        "short: 98.length=49",
    ]));
    let after = |name: &str| text.split(name).nth(1).unwrap_or_default().split("\nplan").next().unwrap().to_owned();
    assert!(after("long: 98.length=2001").contains("would be skipped: MEM001"), "{text}");
    assert!(
        after("nothing there: !--lowvram").contains("the baseline has no --lowvram that could be taken out"),
        "{text}"
    );
    assert!(after("both: --lowvram, --highvram").contains("exclude each other"), "{text}");
    // Only inputs are changed by what is left, so one server takes all: a cold run, a warm-up, 2 x 5.
    assert!(!after("short: 98.length=49").contains("skipped") && text.contains("plan: 12 runs on 1 server"), "{text}");
}

#[test]
fn flags_need_servers_of_their_own() {
    let text = stdout(&plan(&["--runs", "3", "--variant", "reserve: --reserve-vram 4 X=1"]));
    assert!(text.contains("plan: 12 runs on 6 servers, 3 measured of each variant"), "{text}");
}

#[test]
fn variants_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("wanlint.toml");
    let run = |text: &str| {
        std::fs::write(&config, text).unwrap();
        wanlint(&["bench", WORKFLOW, "--launch", BASELINE, "--dry-run", "--config", config.to_str().unwrap()])
    };
    let machine = "[machine]\ngpu = 'RTX 5090'\nos = 'windows'\nram = '64GiB'\ncomfyui = '0.3.70'\n";
    let good = run(&format!(
        "{machine}[bench]\nruns = 2\n[[bench.variant]]\nname = 'r'\nchanges = ['--reserve-vram 4', 'X=1']\n"
    ));
    let text = String::from_utf8(good.stdout).unwrap();
    assert!(text.contains("r: --reserve-vram 4, X=1") && text.contains("2 measured of each"), "{text}");
    for (bad, why) in [
        ("[[bench.variant]]\nname = 'r'\nchanges = ['word']\n", ":6: [[bench.variant]] 'r': 'word' is no change"),
        ("[[bench.variant]]\nname = 'r'\nchange = ['X=1']\n", "unknown field `change`"),
        ("[[bench.variant]]\nname = 'baseline'\nchanges = ['X=1']\n", "two variants are called 'baseline'"),
    ] {
        let output = run(&format!("{machine}{bad}"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(why), "{why}: {said}");
    }
}

#[test]
fn mistakes_are_told() {
    for (args, why) in [
        (vec!["bench"], "name a workflow to measure"),
        (vec!["bench", WORKFLOW, "--replay", RECORD], "--replay reads a record and runs nothing"),
        (plan(&["--variant", "x"]), "write it as NAME: CHANGES"),
        (vec!["bench", WORKFLOW], "no server is named"),
        (vec!["vram", WORKFLOW, "--known", RECORD], "no measured run of its baseline has steps"),
        (vec!["log", RECORD], "wanlint bench --replay"),
        (vec!["log", RECORD, "--calibrate"], "no run was on a card that was looked at"),
    ] {
        let output = wanlint(&args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(why), "{args:?}: {said}");
    }
}
