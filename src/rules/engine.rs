//! Asks every selected rule about the files and targets it concerns.

use super::checks::{self, Check};
use super::paths;
use super::select::Selection;
use super::sink::Sink;
use super::view::{FileView, LaunchView, ProjectView, WorkflowView};
use super::when;
use super::{How, RULES, Rule, Subject};
use crate::facts::launch::Launch;
use crate::facts::machine::Machine;
use crate::facts::models::Library;
use crate::parallel;
use crate::project::{Content, File};
use crate::targets::Target;

/// The selected rules, sorted by what they watch, so that a file asks only those that concern it.
#[derive(Debug, Default)]
pub struct Engine {
    file: Vec<(&'static Rule, checks::OnFile)>,
    launch: Vec<(&'static Rule, checks::OnLaunch)>,
    workflow: Vec<(&'static Rule, checks::OnWorkflow)>,
    project: Vec<(&'static Rule, checks::OnProject)>,
    launch_tables: Vec<&'static Rule>,
    script_tables: Vec<&'static Rule>,
    node_tables: Vec<&'static Rule>,
}

impl Engine {
    /// Sorts the selected rules.
    pub fn new(selection: &Selection) -> Self {
        let mut engine = Self::default();
        for rule in RULES.iter().filter(|rule| selection.has(rule)) {
            engine.add(rule);
        }
        engine
    }

    fn add(&mut self, rule: &'static Rule) {
        match rule.how {
            How::Check(name) => match checks::find(name) {
                Some(Check::File(check)) => self.file.push((rule, check)),
                Some(Check::Launch(check)) => self.launch.push((rule, check)),
                Some(Check::Workflow(check)) => self.workflow.push((rule, check)),
                Some(Check::Project(check)) => self.project.push((rule, check)),
                // Logs have their own command. A test over all rules makes sure that every name is known.
                Some(Check::Suppression | Check::Log(_)) | None => {}
            },
            How::When(when) => match when.subject {
                Subject::Flag(_) => self.launch_tables.push(rule),
                Subject::Env(_) => self.script_tables.push(rule),
                Subject::Node(_) => self.node_tables.push(rule),
            },
        }
    }

    /// Runs the rules: files in parallel, their answers in the order of the files, then the targets.
    pub fn run(&self, files: &[File], targets: &[Target], machine: &Machine, models: &Library) -> Sink {
        let checked: Vec<_> = files.iter().enumerate().filter(|(_, file)| file.checked).collect();
        let one = |_, &(index, file): &(usize, &File)| self.one(FileView { index, file, machine, models });
        let mut sink = Sink::default();
        for part in parallel::each(&checked, one) {
            sink.join(part);
        }
        let alone = sink.findings.len();
        let view = ProjectView { files, targets, machine, models };
        for (rule, check) in &self.project {
            check(&view, rule, &mut sink);
        }
        sink.findings.iter_mut().skip(alone).for_each(|finding| paths::on_project(files, finding));
        // Partners are context: nothing is reported on them.
        sink.findings.retain(|finding| files[finding.primary.file].checked);
        sink
    }

    fn one(&self, view: FileView) -> Sink {
        let mut sink = Sink::default();
        for (rule, check) in &self.file {
            check(&view, rule, &mut sink);
        }
        match &view.file.content {
            Content::Script(script) => {
                for ways in script.starts() {
                    let ask = |launch: &Launch, sink: &mut Sink| {
                        self.on_launch(&LaunchView { of: view, script, launch }, sink);
                    };
                    paths::on_start(script, ways, &mut sink, ask);
                }
                if !script.launches.is_empty() {
                    for rule in &self.script_tables {
                        when::on_script(&view, script, rule, &mut sink);
                    }
                }
            }
            Content::Workflow(workflow) => self.on_workflow(&WorkflowView::new(view, workflow), &mut sink),
            Content::Model(_) | Content::Settings(_) | Content::Nothing => {}
        }
        sink
    }

    fn on_launch(&self, view: &LaunchView, sink: &mut Sink) {
        for (rule, check) in &self.launch {
            check(view, rule, sink);
        }
        for rule in &self.launch_tables {
            when::on_launch(view, rule, sink);
        }
    }

    fn on_workflow(&self, view: &WorkflowView, sink: &mut Sink) {
        for (rule, check) in &self.workflow {
            check(view, rule, sink);
        }
        for rule in &self.node_tables {
            when::on_nodes(view, rule, sink);
        }
    }
}
