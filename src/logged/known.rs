//! What is known about the start that a log comes from: the log's own lines, then what was stated.

use std::borrow::Cow;

use crate::catalog::gpus::{self, Gpu, Match};
use crate::compare::Known;
use crate::config::Config;
use crate::discover::Kind;
use crate::facts::log::{Session, Start};
use crate::facts::machine::Machine;
use crate::facts::versions::Version;
use crate::forecast::{MemoryFlags, Plan, Setting};
use crate::outcome::Outcome;
use crate::read::script::Dialect;
use crate::source::Source;
use crate::targets;

/// The configuration with what the log says in the place of what it says: of this run the log knows more. Flags still win over both.
pub fn as_logged(config: &Config, start: &Start) -> Config {
    let mut config = config.clone();
    let machine = &mut config.machine;
    let card = start.card.as_ref().map(|(name, _)| name.as_str());
    match card.map(gpus::find) {
        Some(Match::One(found)) => {
            if machine.gpu.as_deref().is_some_and(|stated| gpus::find(stated) != Match::One(found.clone())) {
                // Sizes stated for another card are not those of this one.
                (machine.vram, machine.vram_used) = (None, None);
            }
            machine.gpu = Some(found.name.to_owned());
        }
        // A log is not read on the machine that wrote it, so the cards here say nothing.
        _ if machine.gpu.is_none() => machine.gpu = Some("none".to_owned()),
        _ => {}
    }
    let text = |said: &Option<(String, crate::span::Span)>| {
        said.as_ref().map(|(text, _)| text.clone()).filter(|text| text.parse::<Version>().is_ok())
    };
    machine.comfyui = text(&start.comfyui).or(machine.comfyui.take());
    machine.torch = text(&start.torch).or(machine.torch.take());
    let os = start.os.map(|(os, _)| os.to_string().to_lowercase());
    machine.os = os.or(machine.os.take());
    let ram = start.ram_mib.map(|(mib, _)| format!("{mib}MiB"));
    machine.ram = ram.or(machine.ram.take());
    config
}

/// The total that the log states, where nobody stated an exact one.
pub fn with_total(mut machine: Machine, start: &Start) -> Machine {
    let logged = start.total_mib.map(|(total, _)| total);
    let near = |exact: f64, (low, high): (f64, f64)| low <= exact && exact <= high;
    machine.stated_total = match (machine.stated_total, logged) {
        (Some(stated), Some(logged)) if !near(stated.0, logged) => Some(stated),
        (Some(stated), _) => Some(stated),
        (None, logged) => logged,
    };
    if let Some((there, _)) = start.kitchen {
        machine.cuda13 = machine.cuda13.or(Some(there));
    }
    machine
}

/// The machine of a session whose own lines name another card than the last session's, which the machine is told from. A card that a
/// flag states wins over all lines.
pub fn of_session<'a>(machine: &'a Machine, last: &Start, start: &Start) -> Cow<'a, Machine> {
    let card = |start: &Start| match start.card.as_ref().map(|(name, _)| gpus::find(name)) {
        Some(Match::One(card)) => Some(card),
        _ => None,
    };
    let told = |last: &Gpu| machine.gpu.as_deref() == Some(last.name);
    match (card(last), card(start)) {
        (Some(last), Some(own)) if told(&last) && own.name != last.name => {
            let mut other = machine.on_card(&own);
            // What others held was stated of the other card.
            other.stated_others = None;
            Cow::Owned(with_total(other, start))
        }
        _ => Cow::Borrowed(machine),
    }
}

/// The work of the workflow: `None` without one, and the reason where it is not known.
pub fn plan(outcome: &Outcome) -> Option<Result<Plan, String>> {
    let target = outcome.targets.first()?;
    Some(match &target.work {
        Ok(planned) => Ok(planned.plan.clone()),
        Err(gap) => Err(gap.words.clone()),
    })
}

/// The starts that a session may come from; `None` without a total.
pub fn known(session: &Session, outcome: &Outcome, machine: &Machine) -> Option<Known> {
    let os = session.start.os.map(|(os, _)| os);
    let mut starts: Vec<(String, Vec<Setting>)> = Vec::new();
    for target in &outcome.targets {
        let settings = target.variants.iter().map(|variant| told(variant.setting.clone(), session, machine)).collect();
        starts.push((target.starts_in_words(&outcome.files), settings));
    }
    let echoed = session.start.arguments.as_ref().map(|(words, _)| flags(words));
    if let (Some(flags), Some((_, settings))) = (&echoed, starts.first()) {
        let settings = settings.iter().map(|setting| Setting { flags: flags.clone(), ..setting.clone() });
        starts = vec![(
            "the start that the log shows".to_owned(),
            settings.map(|one| told(one, session, machine)).collect(),
        )];
    }
    starts.retain(|(_, settings)| !settings.is_empty());
    let system = os.or(machine.os).or(outcome.targets.first().and_then(|target| target.os));
    let total = session.start.total_mib.map(|(total, _)| total);
    let total = match machine.stated_total {
        Some(exact) if exact.0 == exact.1 => Some(exact),
        _ => total.or(machine.total_mib(system)),
    }?;
    let named = outcome.targets.iter().any(|target| !target.launches.is_empty()) && outcome.targets.len() == 1;
    Some(Known {
        starts,
        certain: echoed.is_some() || named,
        shown: echoed.is_some(),
        total,
        os_open: system.is_none(),
    })
}

/// A setting with what the session's own lines say.
fn told(mut setting: Setting, session: &Session, machine: &Machine) -> Setting {
    setting.compute = machine.compute.unwrap_or(setting.compute);
    let start = &session.start;
    let version = start.comfyui.as_ref().and_then(|(text, _)| text.parse::<Version>().ok());
    setting.version = version.unwrap_or(setting.version);
    setting.os = start.os.map_or(setting.os, |(os, _)| os);
    if start.attention.as_ref().is_some_and(|(name, _)| name == "xformers") {
        setting.flags.xformers = Some(true);
    }
    setting
}

/// The memory flags of the words behind `main.py`, read as the start that they are.
fn flags(words: &[String]) -> MemoryFlags {
    let text = format!("python main.py {}\n", words.join(" "));
    let source = Source::from_text("log.bat", &text);
    let catalog = crate::catalog::nodes::Catalog::default();
    let file = crate::project::interpret(source, Kind::Script(Dialect::Batch), true, true, &catalog);
    let launch = file.as_ref().and_then(|file| file.launches().first());
    launch.map(targets::memory_flags).unwrap_or_default()
}
