//! ENV008: a file of variables whose reader takes it more literally than it is written.

use crate::finding::{Location, Severity};
use crate::project::{Content, File};
use crate::read::script::{Assign, Command, Dialect, Step, Word, base_name};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::ProjectView;
use crate::span::Span;

/// Who reads the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// `docker run --env-file`: nothing is taken off.
    Docker,
    /// `EnvironmentFile=` of systemd: quotes are taken off.
    Systemd,
}

/// Fires at the first line of each kind of slip.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (from, file) in view.files.iter().enumerate() {
        for (name, reader, place) in named(file) {
            let Some(index) = view.beside(file, &name) else { continue };
            let Content::Script(variables) = &view.files[index].content else { continue };
            let assigns = variables.script.steps.iter().filter_map(|step| match step {
                Step::Assign(assign) => Some(assign),
                Step::Command(_) => None,
            });
            let mut seen = Vec::new();
            for assign in assigns {
                let Some(slip) = slip(assign, reader).filter(|slip| !seen.contains(slip)) else { continue };
                seen.push(slip);
                let reads = match reader {
                    Reader::Docker => "docker run --env-file",
                    Reader::Systemd => "systemd",
                };
                let fill = [
                    ("what", slip.what().to_owned()),
                    ("does", slip.does(reader).to_owned()),
                    ("reader", reads.to_owned()),
                    ("name", assign.name.text.clone()),
                ];
                let finding = sink.fire(rule, Location { file: index, span: assign.span }, &fill);
                if slip == Slip::Export && reader == Reader::Docker {
                    finding.graded(Severity::Error);
                }
                finding.relate(Location { file: from, span: place }, "read here");
            }
        }
    }
}

/// What the reader does not take off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slip {
    Export,
    Quotes,
    Comment,
}

impl Slip {
    fn what(self) -> &'static str {
        match self {
            Self::Export => "'export' in front of the name",
            Self::Quotes => "the quotes around the value",
            Self::Comment => "the comment behind the value",
        }
    }

    fn does(self, reader: Reader) -> &'static str {
        match (self, reader) {
            (Self::Export, Reader::Docker) => "refuses the file for the blank in the name",
            (Self::Export, Reader::Systemd) => "ignores the line",
            _ => "takes it for a part of the value",
        }
    }
}

/// A slip in one line, told from where its parts stand.
fn slip(assign: &Assign, reader: Reader) -> Option<Slip> {
    if assign.span.start < assign.name.span.start {
        return Some(Slip::Export);
    }
    let (first, last) = (assign.value.at.first()?, assign.value.at.last()?);
    let behind = assign.span.end.saturating_sub(last + 1);
    // One sign between name and value is the equals sign, two are that and a quote.
    let quoted = first.saturating_sub(assign.name.span.end) == 2 && behind > 0;
    match (quoted, behind) {
        (true, 1) => (reader == Reader::Docker).then_some(Slip::Quotes),
        (_, 3..) => Some(Slip::Comment),
        _ => None,
    }
}

/// The files of variables that a script hands to docker or a unit to systemd.
fn named(file: &File) -> Vec<(String, Reader, Span)> {
    let Content::Script(script) = &file.content else { return Vec::new() };
    if script.script.dialect == Dialect::Service {
        let files = script.script.containers.iter().flat_map(|container| &container.env_files);
        return files
            .filter(|word| word.known)
            // systemd takes whole paths only: the file beside the unit is taken for the one of that name.
            .map(|word| (base_name(&word.text).to_owned(), Reader::Systemd, word.span))
            .collect();
    }
    let commands = script.script.steps.iter().filter_map(|step| match step {
        Step::Command(command) if is_docker_run(command) => Some(command),
        _ => None,
    });
    commands.flat_map(|command| env_files(&command.words)).map(|(name, span)| (name, Reader::Docker, span)).collect()
}

fn is_docker_run(command: &Command) -> bool {
    let text = |at: usize| command.words.get(at).map_or("", |word| word.text.as_str());
    let first = usize::from(text(0) == "sudo");
    let docker = matches!(base_name(text(first)).to_ascii_lowercase().as_str(), "docker" | "docker.exe");
    docker && matches!(text(first + 1), "run" | "create")
}

fn env_files(words: &[Word]) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.known) {
        let value = match word.text.strip_prefix("--env-file") {
            Some("") => words.get(at + 1).filter(|next| next.known).map(|next| next.text.as_str()),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        found.extend(value.map(|value| (value.to_owned(), word.span)));
    }
    found
}
