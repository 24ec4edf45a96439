//! One `wanlint log`: the log's facts, the workflow's forecast under the start that the log comes from, and what the rules say.

mod known;
mod steps;

use std::borrow::Cow;
use std::path::PathBuf;

use crate::compare::{Comparison, Known, Timed, compare, last_session};
use crate::config::Config;
use crate::discover::Kind;
use crate::facts::log::{LogFacts, Session, Start, facts};
use crate::facts::machine::Machine;
use crate::facts::models::Library;
use crate::facts::work::WhatIf;
use crate::finding::FileIx;
use crate::forecast::Plan;
use crate::outcome::Outcome;
use crate::project::File;
use crate::rules::checks::{self, Check};
use crate::rules::select::Selection;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LogView;
use crate::rules::{How, RULES};
use crate::source::Source;
use crate::suppress::{self, Suppression};
use crate::{Options, check};

pub use known::as_logged;

/// What a log is read for.
#[derive(Debug)]
pub struct Question {
    /// The workflow that ran.
    pub workflow: Option<PathBuf>,
    /// The launch script it ran on.
    pub launch: Option<PathBuf>,
    /// Values that replace those of the workflow.
    pub what_if: WhatIf,
    /// Folders with model files.
    pub models: Vec<PathBuf>,
    /// The configuration.
    pub config: Config,
    /// Which rules count.
    pub selection: Selection,
}

/// A logged step, and how it is computed.
pub type Step = (Timed, crate::forecast::time::How);

/// What came of it.
#[derive(Debug)]
pub struct Logged {
    /// Files (the log last), machine, targets and findings.
    pub outcome: Outcome,
    /// The log's index.
    pub file: FileIx,
    /// What the log says.
    pub facts: LogFacts,
    /// The work of the workflow, when one was named.
    pub plan: Option<Plan>,
    /// Each session beside the forecast, where one could be made; as many as sessions.
    pub comparisons: Vec<Option<Comparison>>,
    /// The steps of each session's compared loads, and how they are computed.
    pub steps: Vec<Vec<Step>>,
    /// Why there is no comparison although a workflow was named.
    pub no_comparison: Option<String>,
}

impl Logged {
    /// The log.
    pub fn source(&self) -> &Source {
        &self.outcome.files[self.file].source
    }

    /// Sessions with their comparisons and the steps of what was compared.
    pub fn sessions(&self) -> impl Iterator<Item = (&Session, Option<(&Comparison, &[Step])>)> {
        let compared = self.comparisons.iter().zip(&self.steps);
        let compared = compared.map(|(found, steps)| found.as_ref().map(|found| (found, steps.as_slice())));
        self.facts.sessions.iter().zip(compared)
    }

    /// The fact that a comparison with the named workflow lacks.
    pub fn missing(&self) -> Option<Need> {
        let named = !self.outcome.targets.is_empty();
        (named && self.plan.is_some() && !self.outcome.machine.has_gpu()).then_some(Need::Gpu)
    }

    /// What others held at the last load of the last session that could be compared, MiB.
    ///
    /// # Errors
    /// A sentence that says why the log does not tell.
    pub fn held_mib(&self) -> Result<f64, &'static str> {
        let last = self.comparisons.iter().flatten().last();
        last.ok_or("no load in it is of a model that the workflow loads")?.held()
    }
}

/// Reads a log and, where a workflow is named, compares.
///
/// # Errors
/// Mistakes of the caller: the machine, the workflow.
pub fn read(
    source: Source,
    question: Question,
    machine: impl Fn(&Start) -> Result<Machine, String>,
) -> Result<Logged, String> {
    let facts = facts(&crate::read::log::read(source.text()));
    let start = last_session(&facts).or(facts.sessions.last()).map(|session| session.start.clone()).unwrap_or_default();
    let machine = known::with_total(machine(&start)?, &start);
    let selection = question.selection.clone();
    let config = question.config.clone();
    let mut outcome = outcome(question, machine)?;
    let file = outcome.files.len();
    outcome.files.iter_mut().for_each(|file| file.checked = false);
    outcome.files.push(File::nothing(source, Kind::Log, true));
    let mut logged =
        Logged { outcome, file, facts, plan: None, comparisons: Vec::new(), steps: Vec::new(), no_comparison: None };
    logged.compare();
    logged.judge(&selection, &config);
    Ok(logged)
}

/// The workflow's targets; without a workflow nothing but the machine.
fn outcome(question: Question, machine: Machine) -> Result<Outcome, String> {
    let Some(workflow) = question.workflow else {
        return Ok(Outcome {
            repair: Default::default(),
            files: Vec::new(),
            machine,
            targets: Vec::new(),
            models: Library::default(),
            findings: Vec::new(),
            trust: None,
            suppression: Suppression::default(),
            not_checked: std::collections::BTreeMap::new(),
        });
    };
    let options = Options {
        launch: question.launch,
        what_if: question.what_if,
        models: question.models,
        selection: Selection::new(&["INPUT".to_owned()], &[], &[])?,
        ..Options::new(vec![workflow], question.config, machine)
    };
    let outcome = check(&options)?;
    if outcome.targets.is_empty() {
        let fault = outcome.findings.first().map(|finding| format!(": {}", finding.message)).unwrap_or_default();
        return Err(format!("no workflow to compare with{fault}"));
    }
    Ok(Outcome { findings: Vec::new(), not_checked: std::collections::BTreeMap::new(), ..outcome })
}

impl Logged {
    fn compare(&mut self) {
        let found = match known::plan(&self.outcome) {
            None => None,
            Some(Ok(plan)) => Some(plan),
            Some(Err(why)) => {
                self.no_comparison = Some(why);
                None
            }
        };
        let one = |session: &Session| {
            let plan = found.as_ref()?;
            let machine = self.machine_of(session);
            let known: Known = known::known(session, &self.outcome, &machine)?;
            compare(session, plan, &known, &machine)
        };
        self.comparisons = self.facts.sessions.iter().map(one).collect();
        let timed = self.facts.sessions.iter().zip(&self.comparisons).map(|(session, comparison)| {
            let machine = self.machine_of(session);
            comparison.as_ref().map(|found| steps::steps(session, found, (&self.outcome, &machine))).unwrap_or_default()
        });
        self.steps = timed.collect();
        let none = self.comparisons.iter().all(Option::is_none);
        if found.is_some() && none {
            let reason = match self.outcome.machine.has_gpu() {
                true => "no load in the log is of a model that the workflow loads".to_owned(),
                false => Need::Gpu.remedy().to_owned(),
            };
            self.no_comparison = Some(reason);
        }
        self.plan = found;
    }

    /// The machine that a session ran on.
    fn machine_of(&self, session: &Session) -> Cow<'_, Machine> {
        let last = last_session(&self.facts).or(self.facts.sessions.last());
        let last = last.map_or(&session.start, |last| &last.start);
        known::of_session(&self.outcome.machine, last, &session.start)
    }

    fn judge(&mut self, selection: &Selection, config: &Config) {
        let mut sink = Sink::default();
        let view = LogView { logged: self };
        for rule in RULES.iter().filter(|rule| selection.has(rule)) {
            if let How::Check(name) = rule.how
                && let Some(Check::Log(check)) = checks::find(name)
            {
                check(&view, rule, &mut sink);
            }
        }
        // Allows for other commands are none of this one's business, so nothing is said about those that are not used.
        let logs = |rule: &crate::rules::Rule| rule.family() == "LOG" && selection.has(rule);
        let suppression = suppress::apply(&mut sink, &self.outcome.files, config, None, &logs);
        sink.findings.retain(|finding| finding.rule.family() == "LOG");
        self.outcome.suppression = suppression;
        self.outcome.findings = sink.findings;
        self.outcome.not_checked = sink.not_checked;
    }
}
