//! `wanlint doctor`: what wanlint knows in a folder and where it knows it from, without anything private.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::facts::FactFlags;
use super::{CLEAN, Streams, USAGE, written};
use crate::config::Config;
use crate::facts::machine::Machine;
use crate::facts::nvml;
use crate::outcome::Outcome;
use crate::redact::Person;
use crate::report::doctor::{Checkup, Project};
use crate::report::shown_machine::{self, Fact};
use crate::rules::{RULES, select::Selection};
use crate::{Options, check, platform};

/// Arguments of `wanlint doctor`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the project
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    output_format: Format,
    #[command(flatten)]
    facts: FactFlags,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For scripts
    Json,
}

/// Tells everything that can be told; what cannot be used is part of it, and then the exit code is 2.
///
/// # Errors
/// When the folder is none or the output cannot be written.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    if !arguments.folder.is_dir() {
        return Err(format!("no such folder: {}", arguments.folder.display()));
    }
    let person = Person::here();
    let checkup = look(arguments, &person);
    let text = match arguments.output_format {
        Format::Text => checkup.text(),
        Format::Json => checkup.json(),
    };
    written(streams.out.write_all(text.as_bytes()))?;
    let broken = checkup.config.is_err() || checkup.facts.is_err() || checkup.project.is_err();
    Ok(if broken { USAGE } else { CLEAN })
}

fn look(arguments: &Arguments, person: &Person) -> Checkup {
    let facts = &arguments.facts;
    let paths = [arguments.folder.clone()];
    let config = facts.reference(&paths).and_then(|reference| facts.config(&paths, reference.as_ref()));
    let machine = config.as_ref().ok().map(|config| facts.machine(config));
    let may_detect = facts.may_detect(false);
    let hidden = |why: String| person.hidden(&why);
    Checkup {
        features: if cfg!(feature = "network") { vec!["network"] } else { Vec::new() },
        rules: RULES.len(),
        variables: variables(person),
        device: if may_detect && platform::may_have_nvidia() { nvml::cards() } else { None },
        may_detect,
        ram_mib: platform::ram_mib().filter(|_| may_detect),
        project: match (&machine, &config) {
            (Some(Ok(machine)), Ok(config)) => project(arguments, config, machine, person).map_err(hidden),
            _ => Ok(Project::default()),
        },
        facts: match (machine, &config) {
            (Some(machine), Ok(config)) => machine.map(|machine| sourced(&machine, facts, config)).map_err(hidden),
            // Why is said of the configuration.
            _ => Ok(Vec::new()),
        },
        config: config.map(|config| in_force(&config, person)).map_err(hidden),
    }
}

/// The variables that wanlint reads.
fn variables(person: &Person) -> Vec<(String, String)> {
    let read = |name: &str| name.starts_with("WANLINT_") || ["CI", "NO_COLOR", "GITHUB_STEP_SUMMARY"].contains(&name);
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let set = std::env::vars_os().map(|(name, value)| (text(name), text(value))).filter(|(name, _)| read(name));
    let shown = set.map(|(name, value)| {
        let value = person.hidden(&crate::redact::masked_under(&name, &value));
        (name, value)
    });
    shown.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The path of the configuration, and which entries it has: not their texts.
fn in_force(config: &Config, person: &Person) -> Option<(String, Vec<String>)> {
    let file = config.file.as_ref()?;
    let path = person.hidden(&file.display().to_string());
    let machine = &config.machine;
    let check = &config.check;
    let entries = [
        ("machine.gpu", machine.gpu.is_some()),
        ("machine.vram", machine.vram.is_some()),
        ("machine.vram-used", machine.vram_used.is_some()),
        ("machine.ram", machine.ram.is_some()),
        ("machine.os", machine.os.is_some()),
        ("machine.comfyui", machine.comfyui.is_some()),
        ("machine.torch", machine.torch.is_some()),
        ("machine.cards", machine.cards.is_some()),
        ("machine.driver", machine.driver.is_some()),
        ("machine.object-info", machine.object_info.is_some()),
        ("machine.models", !machine.models.is_empty()),
        ("check.select", !check.select.is_empty()),
        ("check.ignore", !check.ignore.is_empty()),
        ("check.extend-select", !check.extend_select.is_empty()),
        ("check.exclude", !check.exclude.is_empty()),
        ("check.media", check.media),
        ("check.unsafe-fixes", check.unsafe_fixes),
        ("check.fixable", !check.fixable.is_empty()),
        ("check.unfixable", !check.unfixable.is_empty()),
        ("check.fail-on", check.fail_on.is_some()),
    ];
    let mut says: Vec<String> = entries.iter().filter(|(_, said)| *said).map(|(name, _)| (*name).to_owned()).collect();
    let counts = [("target", config.target.len()), ("allow", config.allow.len())];
    says.extend(counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} [[{name}]]")));
    Some((path, says))
}

/// The facts, with the flag, the variable or the file in the place of "stated".
fn sourced(machine: &Machine, flags: &FactFlags, config: &Config) -> Vec<Fact> {
    let source = |fact: Fact| match flags.stated_by(fact.name, config) {
        // `--gpu auto` states no card: the driver does.
        Some(source) if fact.value.is_some() && (fact.name, fact.origin) != ("gpu", "detected") => {
            Fact { origin: source, ..fact }
        }
        _ => fact,
    };
    shown_machine::facts(machine).into_iter().map(source).collect()
}

fn project(arguments: &Arguments, config: &Config, machine: &Machine, person: &Person) -> Result<Project, String> {
    let options = Options {
        listed: true,
        exclude: crate::discover::patterns(&config.folder, &config.check.exclude)?,
        selection: Selection::new(&["INPUT".to_owned()], &[], &[])?,
        ..Options::new(vec![arguments.folder.clone()], config.clone(), machine.clone())
    };
    let outcome = check(&options)?;
    let launches = || outcome.files.iter().flat_map(|file| file.launches().iter().map(move |launch| (file, launch)));
    let systems =
        launches().filter_map(|(file, launch)| Some(("os", launch.os?.to_string(), file.kind.name().to_owned())));
    let versions = launches().filter_map(|(_, launch)| {
        let found = launch.checkout.as_ref()?;
        Some(("comfyui", found.version.to_string(), person.hidden(&found.path.display().to_string())))
    });
    let inferred: BTreeSet<_> = systems.chain(versions).collect();
    Ok(Project {
        files: outcome.checked_files(),
        starts: launches().count(),
        workflows: workflows(&outcome),
        inferred: inferred.into_iter().collect(),
    })
}

fn workflows(outcome: &Outcome) -> usize {
    outcome.files.iter().filter(|file| file.checked && file.workflow().is_some()).count()
}
