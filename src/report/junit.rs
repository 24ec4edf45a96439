//! The format `junit`: every file is a suite, every finding a test of it.
//!
//! A finding that fails the run is a failure; a lesser one is a test that passed with its words as output, so that the tests
//! are red exactly when the exit code is 1. A file without findings is one test that passed; what could not be checked is skipped.

use std::collections::HashMap;
use std::io;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::root::Root;
use super::{Report, safe};
use crate::discover::Kind;
use crate::finding::{FileIx, Finding, Severity};
use crate::outcome::Outcome;

/// The format `junit`.
#[derive(Clone, Debug)]
pub struct Junit {
    /// Severity from which a finding is a failure.
    pub fail_on: Severity,
    /// What paths are relative to.
    pub root: Root,
}

impl Report for Junit {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let mut report = quick_junit::Report::new("wanlint");
        let speaks = |index: FileIx| !findings_of(index, outcome).is_empty();
        let counts = |index: FileIx| outcome.files[index].checked && outcome.files[index].kind != Kind::Config;
        let files = (0..outcome.files.len()).filter(|&index| counts(index) || speaks(index));
        report.add_test_suites(files.map(|index| self.suite(index, outcome)));
        report.add_test_suites(not_checked(outcome));
        report.serialize(out).map_err(io::Error::other)
    }
}

/// The findings of a file: they come sorted by file.
fn findings_of(index: FileIx, outcome: &Outcome) -> &[Finding] {
    let [start, end] = [index, index + 1].map(|limit| outcome.findings.partition_point(|one| one.primary.file < limit));
    &outcome.findings[start..end]
}

impl Junit {
    fn suite(&self, index: FileIx, outcome: &Outcome) -> TestSuite {
        let file = &outcome.files[index];
        // A name with a line end in it would begin a line of the log.
        let path = safe::escaped(&self.root.path(&file.source)).replace('\n', "\\u{a}");
        let within = file.embedded.map(|embedded| format!(" ({embedded})")).unwrap_or_default();
        let run = file.run.as_ref().map(|run| format!(" (run {})", safe::line(&run.id))).unwrap_or_default();
        let mut suite = TestSuite::new(format!("{path}{run}{within}"));
        let mut seen: HashMap<String, usize> = HashMap::new();
        for finding in findings_of(index, outcome) {
            let count = seen.entry(name(finding, 1)).or_default();
            *count += 1;
            suite.add_test_case(self.case(finding, outcome, (&path, *count)));
        }
        if suite.test_cases.is_empty() {
            suite.add_test_case(case("no findings", TestCaseStatus::success(), &path, None));
        }
        suite
    }

    fn case(&self, finding: &Finding, outcome: &Outcome, (path, count): (&str, usize)) -> TestCase {
        let file = &outcome.files[finding.primary.file];
        let place = file.source.place(finding.primary.span.start);
        // Lines of a text inside an image are not those of the file.
        let line = file.embedded.is_none().then_some(place.line);
        let message = safe::line(&finding.message);
        let (at, help) = (safe::line(&file.place_path()), safe::line(&finding.help));
        let words = format!("{at}:{}:{}: {} {message}\n{help}", place.line, place.column, finding.severity);
        let mut status = TestCaseStatus::success();
        if finding.severity >= self.fail_on {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(message).set_type(finding.severity.to_string()).set_description(words.trim_end());
            return case(&name(finding, count), status, path, line);
        }
        let mut case = case(&name(finding, count), status, path, line);
        case.set_system_out(words.trim_end());
        case
    }
}

/// Without a line, so that a test is the same one when lines are added above: `WF010 frames-not-4n1, node 98`.
fn name(finding: &Finding, count: usize) -> String {
    let node = finding.node.as_ref().map(|node| format!(", node {}", safe::line(&node.id))).unwrap_or_default();
    let again = if count > 1 { format!(" ({count})") } else { String::new() };
    format!("{} {}{node}{again}", finding.rule.code, finding.rule.name)
}

fn case(name: &str, status: TestCaseStatus, path: &str, line: Option<u32>) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(path);
    case.extra.insert(XmlString::new("file"), XmlString::new(path));
    case.extra.extend(line.map(|line| (XmlString::new("line"), XmlString::new(line.to_string()))));
    case
}

/// The rules that need a fact that nobody stated.
fn not_checked(outcome: &Outcome) -> Option<TestSuite> {
    let mut suite = TestSuite::new("not checked");
    for (need, codes) in &outcome.not_checked {
        for code in codes {
            let mut status = TestCaseStatus::skipped();
            status.set_message(need.remedy());
            let mut case = TestCase::new(*code, status);
            case.set_classname("not checked");
            suite.add_test_case(case);
        }
    }
    (!suite.test_cases.is_empty()).then_some(suite)
}
