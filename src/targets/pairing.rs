//! Which starts go with which workflow.

use std::collections::BTreeMap;
use std::path::Path;

use super::{LaunchIx, lies_in};
use crate::Options;
use crate::finding::FileIx;
use crate::project::File;

/// A workflow and its starts.
#[derive(Debug)]
pub struct Pair {
    /// The workflow's file.
    pub workflow: FileIx,
    /// Other files with the same graph.
    pub same_graph: Vec<FileIx>,
    /// Its starts; none means the default launch.
    pub launches: Vec<LaunchIx>,
}

/// The files that start ComfyUI: few among many workflows, each of which asks for them.
type Starting<'a> = [(FileIx, &'a File)];

/// Pairs of all workflows; files with the same graph are one workflow.
pub fn pairs(files: &[File], options: &Options) -> Vec<Pair> {
    let mut graphs: BTreeMap<u64, Vec<FileIx>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        if let Some(workflow) = file.workflow() {
            graphs.entry(workflow.fingerprint).or_default().push(index);
        }
    }
    let starting: Vec<_> = files.iter().enumerate().filter(|(_, file)| !file.launches().is_empty()).collect();
    let mut pairs: Vec<Pair> = graphs.into_values().map(|same| pair(files, &starting, same, options)).collect();
    pairs.sort_by_key(|pair| pair.workflow);
    pairs
}

/// The first checked file stands for all with its graph; every one of them may bring starts.
fn pair(files: &[File], starting: &Starting, same: Vec<FileIx>, options: &Options) -> Pair {
    let workflow = same.iter().copied().find(|&index| files[index].checked).unwrap_or(same[0]);
    let of = |&index: &FileIx| launches_of(starting, files[index].source.path(), options);
    let mut launches: Vec<LaunchIx> = same.iter().flat_map(of).collect();
    launches.sort_unstable();
    launches.dedup();
    Pair { workflow, same_graph: same.into_iter().filter(|&index| index != workflow).collect(), launches }
}

fn launches_of(starting: &Starting, path: &Path, options: &Options) -> Vec<LaunchIx> {
    if let Some(script) = &options.launch {
        return launches_in(starting, |path| same(path, script));
    }
    let config = &options.config;
    let stated = config.target.iter().filter(|target| same(path, &config.folder.join(&target.workflow)));
    let scripts: Vec<_> = stated.map(|target| config.folder.join(&target.launch)).collect();
    if !scripts.is_empty() {
        return launches_in(starting, |path| scripts.iter().any(|script| same(path, script)));
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let under = |folder: &Path| launches_in(starting, |script| lies_in(script, folder));
    absolute.ancestors().skip(1).map(under).find(|launches| !launches.is_empty()).unwrap_or_default()
}

fn launches_in(starting: &Starting, wanted: impl Fn(&Path) -> bool) -> Vec<LaunchIx> {
    let scripts = starting.iter().filter(|(_, file)| wanted(file.source.path()));
    scripts.flat_map(|&(index, file)| (0..file.launches().len()).map(move |launch| (index, launch))).collect()
}

fn same(left: &Path, right: &Path) -> bool {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    absolute(left) == absolute(right)
}
