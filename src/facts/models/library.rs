//! The model files of a run: looked for where ComfyUI would, read once, by header.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Identity;
use super::folders::{Folders, places};
use crate::facts::launch::Launch;
use crate::facts::workflow::Loader;
use crate::read::weights::{self, Format, ModelFile};
use crate::workflow::graph::Graph;

/// How deep and how many entries a search for a similar name goes.
const NEAR_DEPTH: u32 = 6;
const NEAR_ENTRIES: usize = 20_000;

/// A model file that is there.
#[derive(Debug)]
pub struct Model {
    /// Its path.
    pub path: PathBuf,
    /// Its header, or why it cannot be opened.
    pub file: Result<ModelFile, String>,
    /// What it is.
    pub identity: Identity,
}

impl Model {
    /// Reads a file's header.
    pub fn open(path: &Path) -> Self {
        let file = weights::read(path).map_err(|error| error.to_string());
        let identity = file.as_ref().map(Identity::of).unwrap_or_default();
        Self { path: path.to_path_buf(), file, identity }
    }

    /// The path for reports, with `/`.
    pub fn shown_path(&self) -> String {
        self.path.to_string_lossy().replace('\\', "/")
    }
}

/// The answer to a search.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// It is there.
    Found(Arc<Model>),
    /// It is in none of so many folders, and all folders are known.
    Missing {
        /// Number of folders.
        folders: usize,
    },
    /// Nobody stated where models are, some folders may not be read, or the name is none of a model file.
    Unknown,
}

impl Lookup {
    /// Nothing can be said.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The file, when it is there and its header says what it is for.
    pub fn recognised(&self) -> Option<&Arc<Model>> {
        self.model().filter(|model| model.identity.role.is_some())
    }

    /// The file, when it is there.
    pub fn model(&self) -> Option<&Arc<Model>> {
        match self {
            Self::Found(model) => Some(model),
            _ => None,
        }
    }
}

/// The model files that workflows of a run name.
#[derive(Debug, Default)]
pub struct Library {
    folders: Folders,
    /// The folders were stated: a file that is not there is missing.
    stated: bool,
    opened: Mutex<HashMap<PathBuf, Arc<Model>>>,
    /// Answers by types and name: many rules ask for the same file.
    answers: Mutex<HashMap<(String, String), Lookup>>,
    /// What names alone tell.
    names: Mutex<HashMap<String, Option<Arc<Identity>>>>,
}

impl Library {
    /// The folders that the user stated, then those that starts of ComfyUI bring, inside `roots`.
    pub fn new<'a>(
        stated: &[PathBuf],
        roots: impl Iterator<Item = PathBuf>,
        launches: impl Iterator<Item = (&'a Path, &'a Launch)>,
    ) -> Self {
        let mut folders = Folders::default();
        stated.iter().for_each(|folder| folders.allow(folder));
        roots.for_each(|root| folders.allow(&root));
        stated.iter().for_each(|folder| folders.add_models(folder));
        launches.for_each(|(folder, launch)| folders.add_launch(folder, launch));
        Self { folders, stated: !stated.is_empty(), ..Self::default() }
    }

    /// True when no folder is known: nothing will be found.
    pub fn is_empty(&self) -> bool {
        self.folders.list.is_empty()
    }

    /// True when the user said where models are.
    pub fn is_stated(&self) -> bool {
        self.stated
    }

    /// Some folder for these types lies where nothing may be read.
    pub fn hides(&self, kinds: &[&str]) -> bool {
        self.folders.hidden.iter().any(|kind| kinds.contains(&kind.as_str()))
    }

    /// The folders that are searched.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// The (first) file of a loader.
    pub fn of(&self, graph: &Graph, loader: &Loader) -> Lookup {
        match loader.file.value.as_deref() {
            Some(name) => self.find(places(loader.kind, graph.class(loader.node)), name),
            None => Lookup::Unknown,
        }
    }

    /// A file by the types of folders that a node looks in.
    pub fn find(&self, kinds: &[&str], name: &str) -> Lookup {
        if self.is_empty() || Format::of_name(name).is_none() {
            return Lookup::Unknown;
        }
        let key = (kinds.join(","), name.to_owned());
        let lock = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let found = self.search(kinds, name);
        lock().insert(key, found.clone());
        found
    }

    fn search(&self, kinds: &[&str], name: &str) -> Lookup {
        let Some(inner) = clean(name) else { return Lookup::Unknown };
        let searched = self.folders.list.iter().filter(|folder| kinds.contains(&folder.kind.as_str()));
        let (mut count, mut hidden) = (0, self.folders.hidden.iter().any(|kind| kinds.contains(&kind.as_str())));
        for folder in searched {
            count += 1;
            let path = folder.path.join(&inner);
            match path.is_file() {
                true if self.folders.may_read(&path) => return Lookup::Found(self.open(path)),
                true => hidden = true,
                // A link that leads to a place that is not mounted here.
                false => hidden |= path.is_symlink(),
            }
        }
        if self.stated && !hidden { Lookup::Missing { folders: count } } else { Lookup::Unknown }
    }

    fn open(&self, path: PathBuf) -> Arc<Model> {
        let lock = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = lock().get(&path) {
            return Arc::clone(model);
        }
        let model = Arc::new(Model::open(&path));
        Arc::clone(lock().entry(path).or_insert(model))
    }

    /// What a file holds by its name alone; `None` for names of no known scheme.
    pub fn by_name(&self, name: &str) -> Option<Arc<Identity>> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return known.clone();
        }
        let found = super::named::identity(name).map(Arc::new);
        names.insert(name.to_owned(), found.clone());
        found
    }

    /// The name of the one file that a missing name most likely means: the same apart from case, slashes or folders.
    pub fn near(&self, kinds: &[&str], name: &str) -> Option<String> {
        let wanted = crate::read::script::base_name(name).to_lowercase();
        let mut found = Vec::new();
        let mut left = NEAR_ENTRIES;
        for folder in self.folders.list.iter().filter(|folder| kinds.contains(&folder.kind.as_str())) {
            walk(&folder.path, &folder.path, NEAR_DEPTH, &mut left, &mut |inner| {
                if crate::read::script::base_name(inner).to_lowercase() == wanted {
                    found.push(inner.to_owned());
                }
            });
        }
        found.sort();
        found.dedup();
        if found.len() == 1 { found.pop() } else { None }
    }

    /// A file beside another one, by its name.
    pub fn beside(&self, model: &Model, name: &str) -> bool {
        let path = model.path.with_file_name(name);
        path.is_file() && self.folders.may_read(&path)
    }
}

/// Folders and name without anything that leads out of the model folder (ComfyUI `folder_paths.get_full_path`).
fn clean(name: &str) -> Option<PathBuf> {
    let mut inner = PathBuf::new();
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                inner.pop();
            }
            part if part.contains([':', '\0']) => return None,
            part => inner.push(part),
        }
    }
    (!inner.as_os_str().is_empty()).then_some(inner)
}

fn walk(top: &Path, folder: &Path, depth: u32, left: &mut usize, visit: &mut impl FnMut(&str)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let (path, kind) = (entry.path(), entry.file_type());
        match kind {
            Ok(kind) if kind.is_dir() && depth > 0 => walk(top, &path, depth - 1, left, visit),
            Ok(kind) if kind.is_file() => {
                if let Some(inner) = path.strip_prefix(top).ok().and_then(Path::to_str) {
                    visit(&inner.replace('\\', "/"));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn names_stay_inside() {
        let inner = |name: &str| clean(name).map(|path| path.to_string_lossy().replace('\\', "/"));
        assert_eq!(inner("wan\\a.safetensors").as_deref(), Some("wan/a.safetensors"));
        assert_eq!(inner("../../etc/x.pt").as_deref(), Some("etc/x.pt"));
        assert_eq!(inner("/abs/x.pt").as_deref(), Some("abs/x.pt"));
        assert_eq!(inner("C:\\x.pt"), None);
        assert_eq!(inner(".."), None);
    }
}
