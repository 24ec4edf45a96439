//! Dockerfiles: what the container of the last stage starts, and in which environment.
//!
//! Followed: stages and `FROM` an earlier one, `ENV`, `ARG` (never known: `--build-arg` overrides it), `CMD` and `ENTRYPOINT` in
//! both forms and together, `SHELL`, `USER`, `WORKDIR`, `EXPOSE`. `RUN` is read as shell into
//! [`Container::building`](super::script::Container::building). Not followed: here-documents, what a foreign base image sets.

mod lines;
mod stage;
mod words;

use std::collections::HashMap;

use super::piece;
use super::script::{Container, Dialect, Script, Step, Word};
use super::traced::{Byte, Variables, text_of, word_of};
use crate::span::Span;
use lines::Instruction;
use stage::{Stage, Start};
use words::{Scope, exec_form, words};

/// Largest file that is read, in bytes.
const MAX_BYTES: usize = 2 << 20;

/// Most stages of one file; real ones have a handful.
const MAX_STAGES: usize = 64;

/// Reads a Dockerfile. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    if text.len() > MAX_BYTES {
        return Script::unreadable(Dialect::Dockerfile, text, "Dockerfiles beyond 2 MiB are not read");
    }
    let (escape, instructions) = lines::instructions(text);
    let mut reader = Reader::new(escape);
    instructions.iter().for_each(|instruction| reader.instruction(instruction));
    reader.finish(Script::new(Dialect::Dockerfile))
}

struct Reader {
    escape: u8,
    /// `ARG`s before the first `FROM`: only `FROM` sees them.
    global: Variables,
    names: HashMap<String, Stage>,
    stages: usize,
    stage: Option<Stage>,
    building: Vec<Step>,
    not_followed: Option<Span>,
}

impl Reader {
    fn new(escape: u8) -> Self {
        let (global, names) = (Variables::default(), HashMap::new());
        Self { escape, global, names, stages: 0, stage: None, building: Vec::new(), not_followed: None }
    }

    fn instruction(&mut self, instruction: &Instruction) {
        let span = instruction.span;
        let rest = instruction.rest.as_slice();
        match (instruction.name.as_str(), &mut self.stage) {
            ("FROM", _) => self.from(rest, span),
            ("ARG", None) => {
                stage::arg(rest, &mut Scope { variables: &mut self.global, escape: self.escape });
            }
            (_, None) => {}
            ("ARG", Some(stage)) => {
                let found = stage::arg(rest, &mut stage.scope(self.escape));
                stage.steps.extend(found.into_iter().map(Step::Assign));
            }
            ("ENV", Some(stage)) => stage.env(rest, span, self.escape),
            ("CMD", Some(stage)) => stage.command = Some(start(rest, span)),
            ("ENTRYPOINT", Some(stage)) => stage.entry(start(rest, span)),
            ("SHELL", Some(stage)) => stage.shell = exec_form(rest).unwrap_or_default(),
            ("RUN", Some(stage)) => {
                let steps = stage.run(rest, span);
                if steps.is_empty() || text_of(rest).contains("<<") {
                    self.not_followed = self.not_followed.or(Some(span));
                }
                self.building.extend(steps);
            }
            ("COPY" | "ADD", Some(_)) if text_of(rest).contains("--from") => {
                self.not_followed = self.not_followed.or(Some(span));
            }
            ("ONBUILD", Some(_)) => self.not_followed = self.not_followed.or(Some(span)),
            (name, Some(stage)) => stage.setting(name, rest, self.escape),
        }
    }

    /// A new stage, from an image or from an earlier stage, which hands on everything that it has set.
    fn from(&mut self, rest: &[Byte], span: Span) {
        self.keep();
        self.stages += 1;
        let parts = words(rest, &mut Scope { variables: &mut self.global, escape: self.escape }, false);
        let mut parts = parts.iter().filter(|part| part.first().is_none_or(|byte| byte.value != b'-'));
        let image = parts.next().map(|part| word_of(part, span.start));
        let named = parts.next().is_some_and(|word| text_of(word).eq_ignore_ascii_case("as"));
        let name = parts.next().filter(|_| named).map(|part| text_of(part).to_lowercase());
        let base = image.as_ref().and_then(|image| self.names.get(&image.text.to_lowercase()));
        let mut stage = base.map(Stage::inherited).unwrap_or_default();
        stage.name = name;
        stage.container.span = span;
        stage.container.image = if base.is_some() { stage.container.image } else { image };
        self.stage = Some(stage);
    }

    fn keep(&mut self) {
        let Some(stage) = self.stage.take().filter(|_| self.stages < MAX_STAGES) else { return };
        if let Some(name) = stage.name.clone() {
            self.names.insert(name, stage);
        }
    }

    fn finish(self, mut script: Script) -> Script {
        let Some(mut stage) = self.stage else { return script };
        let starts = stage.starts();
        script.steps = std::mem::take(&mut stage.steps);
        script.steps.extend(starts);
        script.containers.push(Container {
            building: self.building,
            not_followed: self.not_followed,
            ..stage.container
        });
        script
    }
}

fn start(rest: &[Byte], span: Span) -> Start {
    match exec_form(rest) {
        Some(list) => Start::Exec(list, span),
        None => Start::Shell(rest.to_vec()),
    }
}

/// The words of `EXPOSE`, `USER` and the like.
fn plain_words(rest: &[Byte], scope: &mut Scope<'_>) -> Vec<Word> {
    let empty_at = rest.first().map_or(0, |byte| byte.at);
    words(rest, scope, false).iter().map(|word| word_of(word, empty_at)).collect()
}
