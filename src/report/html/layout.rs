//! What stands where: findings go to the first target in which they hold, the others to their file.

use std::collections::{BTreeMap, HashMap};

use crate::finding::{FileIx, Finding, Severity};
use crate::outcome::Outcome;
use crate::read::script::base_name;
use crate::report::safe;
use crate::rules::Rule;

/// Most findings that are shown whole.
pub const MOST_FINDINGS: usize = 500;

/// Most targets with their own section.
pub const MOST_TARGETS: usize = 60;

/// Most links to findings that stand in another section.
const MOST_LINKS: usize = 30;

/// Most starts of a target by which it is known.
const MOST_STARTS: usize = 100;

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A target, by its index.
    Target(usize),
    /// A file.
    File(FileIx),
}

/// A part of the page. Findings come with their index in the outcome, which names them in links.
#[derive(Debug)]
pub struct Section<'a> {
    pub of: Of,
    pub id: String,
    /// The name of the file or of the workflow, without its folder; safe to print, as all of them.
    pub short: String,
    /// The starts of a target.
    pub start: Option<String>,
    /// All of it, with folders.
    pub name: String,
    /// Those that are shown here, the worst first.
    pub findings: Vec<(usize, &'a Finding)>,
    /// Those that hold here and are shown in another section.
    pub also: Vec<(usize, &'a Finding)>,
}

/// The page as it is laid out: the sections with the worst findings come first.
#[derive(Debug)]
pub struct Layout<'a> {
    pub sections: Vec<Section<'a>>,
    /// Rules of findings that are not shown, and how many.
    pub left_out: BTreeMap<&'static str, (&'static Rule, usize)>,
}

impl<'a> Layout<'a> {
    pub fn of(outcome: &'a Outcome) -> Self {
        let places = Places::of(outcome);
        let mut worst: Vec<(usize, &Finding)> = outcome.findings.iter().enumerate().collect();
        worst.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        let rest = worst.split_off(worst.len().min(MOST_FINDINGS));
        let mut sections = places.forecasts(outcome);
        for &(index, finding) in &worst {
            let of = places.first(finding);
            section(&mut sections, of, outcome).findings.push((index, finding));
            for other in places.others(finding, of) {
                let also = &mut section(&mut sections, other, outcome).also;
                if also.len() < MOST_LINKS {
                    also.push((index, finding));
                }
            }
        }
        let mut left_out = BTreeMap::new();
        for (_, finding) in rest {
            left_out.entry(finding.rule.code).or_insert((finding.rule, 0)).1 += 1;
        }
        let mut sections: Vec<Section> = sections.into_values().collect();
        sections
            .sort_by_key(|section| std::cmp::Reverse(section.findings.first().map(|(_, finding)| finding.severity)));
        Self { sections, left_out }
    }

    /// The findings that are shown.
    pub fn shown(&self) -> impl Iterator<Item = &Finding> {
        self.sections.iter().flat_map(|section| section.findings.iter().map(|(_, finding)| *finding))
    }
}

/// Targets first, in their order, then files.
type Sections<'a> = BTreeMap<(bool, usize), Section<'a>>;

fn section<'a, 'b>(sections: &'b mut Sections<'a>, of: Of, outcome: &Outcome) -> &'b mut Section<'a> {
    let key = match of {
        Of::Target(index) => (false, index),
        Of::File(file) => (true, file),
    };
    sections.entry(key).or_insert_with(|| empty(of, outcome))
}

fn empty<'a>(of: Of, outcome: &Outcome) -> Section<'a> {
    let files = &outcome.files;
    let (id, file, start, name) = match of {
        Of::File(file) => (format!("file{file}"), file, None, files[file].shown_path()),
        Of::Target(index) => {
            let target = &outcome.targets[index];
            let start = safe::line(&target.starts_in_words(files));
            (format!("target{index}"), target.workflow, Some(start), target.name(files))
        }
    };
    let short = safe::line(base_name(&files[file].shown_path()));
    Section { of, id, short, start, name: safe::line(&name), findings: Vec::new(), also: Vec::new() }
}

/// Where findings belong, by the names of targets.
struct Places {
    exact: HashMap<String, usize>,
    /// The first target of each workflow, with what its name begins with.
    workflows: Vec<(String, usize)>,
}

impl Places {
    fn of(outcome: &Outcome) -> Self {
        let (mut exact, mut workflows) = (HashMap::new(), Vec::new());
        let mut last = None;
        for (index, target) in outcome.targets.iter().enumerate() {
            exact.entry(target.name(&outcome.files)).or_insert(index);
            for &start in target.launches.iter().take(MOST_STARTS) {
                exact.entry(target.name_on(&outcome.files, &[start])).or_insert(index);
            }
            if last.replace(target.workflow) != Some(target.workflow) {
                workflows.push((format!("{} on ", outcome.files[target.workflow].name()), index));
            }
        }
        Self { exact, workflows }
    }

    /// Targets with a forecast, as far as there is room for them.
    fn forecasts<'a>(&self, outcome: &Outcome) -> Sections<'a> {
        let mut sections = Sections::new();
        let known = outcome.targets.iter().enumerate().filter(|(_, target)| target.shown().is_some());
        for (index, _) in known.take(MOST_TARGETS) {
            section(&mut sections, Of::Target(index), outcome);
        }
        sections
    }

    fn first(&self, finding: &Finding) -> Of {
        finding.targets.iter().find_map(|name| self.named(name)).map_or(Of::File(finding.primary.file), Of::Target)
    }

    fn others(&self, finding: &Finding, first: Of) -> Vec<Of> {
        let all = finding.targets.iter().take(MOST_TARGETS).filter_map(|name| self.named(name).map(Of::Target));
        let mut others: Vec<Of> = Vec::new();
        for of in all.filter(|of| *of != first) {
            if !others.contains(&of) {
                others.push(of);
            }
        }
        others
    }

    /// The target of a name; where the name stands for some of its starts only, the first one of the workflow.
    fn named(&self, name: &str) -> Option<usize> {
        let begins = |(workflow, _): &&(String, usize)| name.starts_with(workflow.as_str());
        self.exact.get(name).copied().or_else(|| self.workflows.iter().find(begins).map(|&(_, index)| index))
    }
}

/// How many findings of each severity there are among some, the worst first.
pub fn counts<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<(Severity, usize)> {
    let mut counts: BTreeMap<std::cmp::Reverse<Severity>, usize> = BTreeMap::new();
    findings.for_each(|finding| *counts.entry(std::cmp::Reverse(finding.severity)).or_default() += 1);
    counts.into_iter().map(|(severity, count)| (severity.0, count)).collect()
}
