//! Reads bytes as a file and holds that every place in the result lies in its text, on characters.

use std::path::Path;

use wanlint::catalog::nodes::Catalog;
use wanlint::discover::Kind;
use wanlint::facts::launch::Launch;
use wanlint::facts::models::Library;
use wanlint::facts::work::{WhatIf, plan};
use wanlint::facts::workflow::{Field, WorkflowFacts};
use wanlint::forecast::{Os, Setting, forecast};
use wanlint::project::{Content, File, ScriptFile, WorkflowFile, interpret};
use wanlint::read::script::{Assign, Step, Word};
use wanlint::source::{Encoding, Source};
use wanlint::span::Span;
use wanlint::workflow::graph::{Graph, Value};

/// Reads bytes as a file of a kind, named on the command line or met while walking, and looks at all of it.
pub fn check(path: &Path, kind: Kind, bytes: &[u8]) {
    let read = |named| interpret(Source::from_bytes(path, bytes.to_vec()), kind, named, true, &Catalog::default());
    let file = read(true).unwrap_or_else(|| panic!("{} was named and vanished", path.display()));
    covers(&file.source, bytes.len());
    whole(&file);
    // What was only met while walking is the same file, or none.
    if let (Kind::Json, Some(met)) = (kind, read(false)) {
        assert_eq!(met.trouble, file.trouble);
    }
}

/// The text is all of the file: its end is the file's end on disk. Only UTF-16 may be cut within a character.
fn covers(source: &Source, bytes: usize) {
    let end = source.place(source.text().len() as u32).offset as usize;
    let cut = matches!(source.encoding(), Encoding::Utf16 { .. }) && end <= bytes;
    assert!(end == bytes || cut || source.text().is_empty(), "{end} of {bytes}, {:?}", source.encoding());
}

fn whole(file: &File) {
    let places = Places { text: file.source.text(), path: file.source.path() };
    for trouble in &file.trouble {
        places.hold(trouble.span);
        assert!(!trouble.message.is_empty());
        let (start, end) = (file.source.place(trouble.span.start), file.source.place(trouble.span.end));
        assert!((start.line, start.column) <= (end.line, end.column), "{trouble:?}");
    }
    match &file.content {
        Content::Script(script) => places.script(script),
        Content::Workflow(workflow) => places.workflow(workflow),
        Content::Settings(settings) => {
            for entry in &settings.entries {
                places.hold(entry.span);
                places.word(&entry.value);
            }
        }
        Content::Model(_) => {}
        Content::Nothing => {
            assert!(!file.trouble.is_empty(), "{} holds nothing and says nothing", places.path.display())
        }
    }
}

struct Places<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Places<'_> {
    #[track_caller]
    fn hold(&self, span: Span) {
        let inside = span.start <= span.end && self.text.get(span.range()).is_some();
        assert!(inside, "{span:?} of {} in {:?}", self.path.display(), self.text);
    }

    fn script(&self, file: &ScriptFile) {
        for step in &file.script.steps {
            match step {
                Step::Assign(assign) => self.assign(assign),
                Step::Command(command) => {
                    self.hold(command.span);
                    command.env.iter().for_each(|assign| self.assign(assign));
                    command.words.iter().for_each(|word| self.word(word));
                }
            }
        }
        file.script.unread.iter().for_each(|(span, _)| self.hold(*span));
        file.script.blind_posts.iter().for_each(|span| self.hold(*span));
        file.launches.iter().for_each(|launch| self.launch(launch));
    }

    fn assign(&self, assign: &Assign) {
        self.hold(assign.span);
        self.word(&assign.name);
        self.word(&assign.value);
    }

    fn word(&self, word: &Word) {
        self.hold(word.span);
        assert_eq!(word.at.len(), word.text.len(), "{word:?}");
        assert!(word.at.iter().all(|&at| (at as usize) < self.text.len()), "{word:?}");
    }

    fn launch(&self, launch: &Launch) {
        self.hold(launch.span);
        for flag in &launch.flags {
            self.hold(flag.span);
            self.hold(flag.whole);
            flag.values.iter().for_each(|value| self.word(value));
        }
        launch.args.iter().chain(&launch.stray).chain([&launch.main]).for_each(|word| self.word(word));
        launch.env.iter().for_each(|var| self.hold(var.span));
        for version in [None, "0.3.70".parse().ok()] {
            launch.problems(version).iter().for_each(|problem| self.hold(problem.span));
        }
    }

    fn workflow(&self, file: &WorkflowFile) {
        self.graph(&file.graph);
        self.facts(&file.facts, &file.graph);
        if let Ok(planned) = plan(&file.graph, &file.facts, &WhatIf::default(), &Library::default()) {
            for release in ["0.3.70", "0.3.77", "0.33.0"] {
                let setting = Setting::new(release.parse().unwrap(), Os::Windows, 32_606.0, 1500.0);
                let result = forecast(&planned.plan, &setting);
                assert!(
                    result.peak_mib.is_none_or(f64::is_finite) && result.headroom_mib.is_none_or(f64::is_finite),
                    "{}",
                    self.text
                );
            }
        }
    }

    fn graph(&self, graph: &Graph) {
        graph.unread.iter().for_each(|(span, _)| self.hold(*span));
        for node in &graph.nodes {
            self.hold(node.span);
            self.hold(node.class_span);
            for input in &node.inputs {
                self.hold(input.span);
                self.hold(input.key_span);
                if let Value::Link { node, .. } = input.value {
                    assert!(graph.get(node).is_some(), "{node:?} in {:?}", self.text);
                }
            }
        }
    }

    fn facts(&self, facts: &WorkflowFacts, graph: &Graph) {
        assert!(facts.order.iter().all(|&node| graph.get(node).is_some()));
        for loader in &facts.loaders {
            self.field(&Some(loader.file.clone()));
            [&loader.weight_dtype, &loader.clip_type, &loader.device].into_iter().for_each(|field| self.field(field));
        }
        for size in &facts.sizes {
            [&size.width, &size.height].into_iter().for_each(|field| self.hold(field.span));
            [&size.length, &size.batch].into_iter().for_each(|field| self.field(field));
        }
        for sampler in &facts.samplers {
            [&sampler.steps, &sampler.start, &sampler.end].into_iter().for_each(|field| self.field(field));
            [&sampler.cfg, &sampler.denoise].into_iter().for_each(|field| self.field(field));
            sampler.model.loras.iter().for_each(|lora| self.hold(lora.file.span));
            sampler.model.shift.field().into_iter().for_each(|shift| self.hold(shift.span));
            assert!([sampler.size, sampler.direct_size].into_iter().flatten().all(|size| size < facts.sizes.len()));
        }
        for playback in &facts.playbacks {
            self.hold(playback.fps.span);
            playback.interpolations.iter().for_each(|(_, factor)| self.hold(factor.span));
            assert!(playback.sampler < facts.samplers.len());
        }
        assert!(facts.runs().into_iter().flatten().all(|at| at < facts.samplers.len()));
    }

    fn field<T>(&self, field: &Option<Field<T>>) {
        field.iter().for_each(|field| self.hold(field.span));
    }
}
