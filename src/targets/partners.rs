//! Partners of files that were named alone: read as context, never reported on.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::Options;
use crate::catalog::nodes::Catalog;
use crate::config::{lies_inside, project_folders};
use crate::discover::{self, Found, Kind, absolute};
use crate::project::{self, Drafts, File};

/// Adds the starts that checked workflows go with, and the workflows that checked starts go with, when none were named.
///
/// # Errors
/// When a path of `--launch` or `[[target]]` cannot be read.
pub fn add_partners(files: &mut Vec<File>, options: &Options) -> Result<(), String> {
    let catalog = &options.machine.catalog;
    if let Some(launch) = &options.launch {
        add_named(files, launch, (catalog, &options.drafts))?;
    }
    for path in stated(options)? {
        add_named(files, &path, (catalog, &options.drafts))?;
    }
    let (starts, flows) = (|file: &File| !file.launches().is_empty(), |file: &File| file.workflow().is_some());
    if options.launch.is_none() {
        Search::new(files, options, starts, |kind| kind != Kind::Json).beside(flows);
    }
    if options.launch.is_none() || !files.iter().any(flows) {
        Search::new(files, options, flows, |kind| kind == Kind::Json).beside(starts);
    }
    Ok(())
}

/// The paths of `[[target]]`. They are written in the linted tree, so they must not lead out of the project.
fn stated(options: &Options) -> Result<Vec<PathBuf>, String> {
    let config = &options.config;
    let Some(file) = &config.file else { return Ok(Vec::new()) };
    let root = project_folders(&config.folder).pop().unwrap_or_default();
    let entries = config.target.iter().flat_map(|target| [&target.launch, &target.workflow]);
    entries
        .map(|entry| {
            let path = config.folder.join(entry);
            let refused = || {
                format!(
                    "{}: [[target]] '{entry}' lies outside the project: name it on the command line",
                    file.display()
                )
            };
            if path.exists() && !lies_inside(&path, &root) { Err(refused()) } else { Ok(path) }
        })
        .collect()
}

fn add_named(files: &mut Vec<File>, path: &Path, (catalog, drafts): (&Catalog, &Drafts)) -> Result<(), String> {
    if files.iter().any(|file| absolute(file.source.path()) == absolute(path)) {
        return Ok(());
    }
    let kind = Kind::of_named(path)
        .ok_or_else(|| format!("{}: not a script or workflow that wanlint reads", path.display()))?;
    if !path.is_file() {
        return Err(format!("no such file: {}", path.display()));
    }
    files.extend(project::read_all(&[Found { path: path.to_path_buf(), kind, named: true }], false, catalog, drafts)?);
    Ok(())
}

/// Looks for the partners of checked files: each goes with what lies nearest to it, whichever others were named with it.
struct Search<'a> {
    files: &'a mut Vec<File>,
    catalog: &'a Catalog,
    is_partner: fn(&File) -> bool,
    of_kind: fn(Kind) -> bool,
    /// Folders that were walked to find what is checked: what lies in them is known.
    walked: Vec<PathBuf>,
    /// Folders that were searched, and whether they hold a partner.
    searched: HashMap<PathBuf, bool>,
    /// Files that were read, here or before.
    known: HashSet<PathBuf>,
}

impl<'a> Search<'a> {
    fn new(
        files: &'a mut Vec<File>,
        options: &'a Options,
        is_partner: fn(&File) -> bool,
        of_kind: fn(Kind) -> bool,
    ) -> Self {
        let all = options.exclude.is_empty() && options.stdin.is_none();
        let walked = options.paths.iter().filter(|path| all && path.is_dir()).map(|path| absolute(path)).collect();
        let (catalog, searched, known) = (&options.machine.catalog, HashMap::new(), HashSet::new());
        Self { files, catalog, is_partner, of_kind, walked, searched, known }
    }

    /// Goes up from every folder with checked files that want a partner, to the first that holds one.
    fn beside(mut self, wants: fn(&File) -> bool) {
        let wanting = self.files.iter().filter(|file| file.checked && wants(file));
        let folders: BTreeSet<PathBuf> = wanting.map(|file| file.folder().to_path_buf()).collect();
        for start in folders {
            let mut above = project_folders(&start).into_iter();
            let _ = above.find(|folder| self.is_named_in(folder) || self.holds(folder));
        }
    }

    /// True when a folder holds a partner that is checked itself: then that one counts.
    fn is_named_in(&self, folder: &Path) -> bool {
        let folder = absolute(folder);
        let mut partners = self.files.iter().filter(|file| file.checked && (self.is_partner)(file));
        partners.any(|file| absolute(file.source.path()).starts_with(&folder))
    }

    fn holds(&mut self, folder: &Path) -> bool {
        let place = absolute(folder);
        if self.walked.iter().any(|walked| place.starts_with(walked)) {
            return false;
        }
        if let Some(holds) = self.searched.get(&place) {
            return *holds;
        }
        // Most runs search nowhere, and then nobody asks for the names of a thousand files.
        if self.searched.is_empty() {
            self.known = self.files.iter().map(|file| absolute(file.source.path())).collect();
        }
        let mut found = discover::partners(folder, self.of_kind);
        found.retain(|found| self.known.insert(absolute(&found.path)));
        let read = project::read_all(&found, false, self.catalog, &Drafts::new()).unwrap_or_default();
        self.files.extend(read.into_iter().filter(self.is_partner));
        let mut partners = self.files.iter().filter(|file| (self.is_partner)(file));
        let holds = partners.any(|file| absolute(file.source.path()).starts_with(&place));
        self.searched.insert(place, holds);
        holds
    }
}
