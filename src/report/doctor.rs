//! What `wanlint doctor` found out, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{safe, shown_machine::Fact};
use crate::facts::nvml::Card;
use crate::text::gib;

/// Everything that is told. Texts that may name a person or a secret have been through [`crate::redact::Person`].
#[derive(Debug)]
pub struct Checkup {
    /// Features that the program was built with.
    pub features: Vec<&'static str>,
    /// How many rules there are.
    pub rules: usize,
    /// The configuration in force and its entries, none, or why it cannot be used.
    pub config: Result<Option<(String, Vec<String>)>, String>,
    /// Variables that wanlint reads and that are set.
    pub variables: Vec<(String, String)>,
    /// The driver and its cards; `None` without a driver or where nothing may be looked at.
    pub device: Option<(String, Vec<Card>)>,
    /// Whether this machine may be looked at.
    pub may_detect: bool,
    /// System memory of this machine, MiB.
    pub ram_mib: Option<f64>,
    /// The facts about the machine with their sources, or why something stated cannot be used.
    pub facts: Result<Vec<Fact>, String>,
    /// What was found below the folder, or why it cannot be read.
    pub project: Result<Project, String>,
}

/// What lies below the folder.
#[derive(Debug, Default)]
pub struct Project {
    /// Files that are read.
    pub files: usize,
    /// Starts of ComfyUI.
    pub starts: usize,
    /// Workflows.
    pub workflows: usize,
    /// Facts that the files tell, each with the kind of file that does.
    pub inferred: Vec<(&'static str, String, String)>,
}

impl Checkup {
    /// For people.
    pub fn text(&self) -> String {
        let mut out =
            format!("wanlint {} for {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
        let _ = writeln!(out, ", {} rules, {}", self.rules, features(&self.features));
        self.config_text(&mut out);
        match self.variables.is_empty() {
            true => out += "environment: nothing that wanlint reads is set\n",
            false => out += "environment:\n",
        }
        for (name, value) in &self.variables {
            let _ = writeln!(out, "  {name}={}", safe::line(value));
        }
        self.device_text(&mut out);
        match &self.facts {
            Ok(facts) => facts.iter().for_each(|fact| line(&mut out, fact)),
            Err(why) => {
                let _ = writeln!(out, "facts: cannot be used: {}", safe::line(why));
            }
        }
        self.project_text(&mut out);
        out
    }

    fn config_text(&self, out: &mut String) {
        let _ = match &self.config {
            Ok(None) => writeln!(out, "configuration: none"),
            Ok(Some((path, says))) => {
                let says = if says.is_empty() { "states nothing".to_owned() } else { says.join(", ") };
                writeln!(out, "configuration: {}: {}", safe::line(path), safe::line(&says))
            }
            Err(why) => writeln!(out, "configuration: cannot be used: {}", safe::line(why)),
        };
    }

    fn device_text(&self, out: &mut String) {
        let _ = match (&self.device, self.may_detect) {
            (Some((driver, cards)), _) => {
                let _ = writeln!(out, "device: NVIDIA driver {}", safe::line(driver));
                cards.iter().try_for_each(|card| {
                    let (index, name) = (card.index, safe::line(&card.name));
                    writeln!(out, "  {index}: {name}, total {:.2} MiB, free {:.2} MiB", card.total_mib, card.free_mib)
                })
            }
            (None, true) => writeln!(out, "device: no NVIDIA driver was found"),
            (None, false) => writeln!(out, "device: not looked at (CI is set, or --no-detect)"),
        };
        if let Some(mib) = self.ram_mib {
            let _ = writeln!(out, "memory of this machine: {}", gib(mib));
        }
    }

    fn project_text(&self, out: &mut String) {
        let project = match &self.project {
            Ok(project) => project,
            Err(why) => {
                let _ = writeln!(out, "files: {}", safe::line(why));
                return;
            }
        };
        let Project { files, starts, workflows, .. } = project;
        let _ = writeln!(out, "files: {files} read, {starts} starts of ComfyUI, {workflows} workflows");
        for (name, value, from) in &project.inferred {
            let _ = writeln!(out, "  {name} = {}  (inferred: {from})", safe::line(value));
        }
    }

    /// For scripts, schema 1.
    pub fn json(&self) -> String {
        let (config, config_error) = split(&self.config);
        let (facts, facts_error) = split(&self.facts);
        let (project, project_error) = split(&self.project);
        let errors: Vec<_> = [config_error, facts_error, project_error].into_iter().flatten().collect();
        let value = json!({
            "schema": 1,
            "version": env!("CARGO_PKG_VERSION"),
            "system": { "os": std::env::consts::OS, "arch": std::env::consts::ARCH, "ram_mib": self.ram_mib },
            "features": self.features,
            "rules": self.rules,
            "config": config.and_then(Option::as_ref).map(|(path, says)| json!({ "path": path, "says": says })),
            "environment": self.variables.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
            "device": self.device.as_ref().map(|(driver, cards)| json!({ "driver": driver, "cards": cards.iter().map(card).collect::<Vec<_>>() })),
            "detection": self.may_detect,
            "facts": facts.map(|facts| facts.iter().map(fact).collect::<Vec<_>>()),
            "project": project.map(found),
            "errors": errors,
        });
        safe::json(&format!("{:#}\n", safe::masked(value)))
    }
}

fn features(features: &[&str]) -> String {
    if features.is_empty() { "no network".to_owned() } else { features.join(", ") }
}

fn line(out: &mut String, fact: &Fact) {
    let (value, origin) = match &fact.value {
        Some(value) => (safe::line(value), fact.origin),
        None => ("unknown".to_owned(), "nobody stated it"),
    };
    let _ = writeln!(out, "{} = {value}  ({origin})", fact.name);
}

fn split<T>(result: &Result<T, String>) -> (Option<&T>, Option<&String>) {
    (result.as_ref().ok(), result.as_ref().err())
}

fn card(card: &Card) -> Value {
    let compute = card.compute.map(|(major, minor)| format!("{major}.{minor}"));
    json!({ "index": card.index, "name": card.name, "compute": compute, "total_mib": card.total_mib,
            "free_mib": card.free_mib, "used_mib": card.used_mib })
}

fn fact(fact: &Fact) -> Value {
    let from = fact.value.as_ref().map(|_| fact.origin);
    json!({ "name": fact.name, "value": fact.value, "from": from })
}

fn found(project: &Project) -> Value {
    let inferred =
        project.inferred.iter().map(|(name, value, from)| json!({ "name": name, "value": value, "from": from }));
    json!({ "files": project.files, "starts": project.starts, "workflows": project.workflows,
            "inferred": inferred.collect::<Vec<_>>() })
}
