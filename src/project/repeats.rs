//! Media files of one run hold the same text: the frames of a clip, a video and its first picture. Below a folder the first of
//! them stands for all, so that ten thousand frames are one workflow, one finding and one text in memory.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::File;
use crate::discover::Kind;
use crate::source::Source;

/// The texts that were met while walking, by their hash: which file holds each.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    first: HashMap<u64, usize>,
}

impl Repeats {
    /// Adds a file; one whose text an earlier one holds is added without it.
    pub fn add(&mut self, files: &mut Vec<File>, file: File, named: bool) {
        let Some(earlier) = self.earlier(files, &file).filter(|_| !named) else { return files.push(file) };
        let repeats = Some(files[earlier].source.shown_path());
        let source = Source::from_text(file.source.path(), "");
        let embedded = file.embedded;
        files.push(File { embedded, repeats, ..File::nothing(source, file.kind, file.checked) });
    }

    fn earlier(&mut self, files: &[File], file: &File) -> Option<usize> {
        if file.kind != Kind::Media || file.workflow().is_none() {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        file.source.text().hash(&mut hasher);
        let first = *self.first.entry(hasher.finish()).or_insert(files.len());
        files.get(first).filter(|other| other.source.text() == file.source.text()).map(|_| first)
    }
}
