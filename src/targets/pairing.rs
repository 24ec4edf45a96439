//! Which starts go with which workflow.

use std::collections::BTreeMap;
use std::path::Path;

use super::{LaunchIx, lies_in};
use crate::Options;
use crate::finding::FileIx;
use crate::project::File;
use crate::workflow::fingerprint;

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
    let graph = |index: &FileIx| files[*index].workflow().map(|workflow| &workflow.graph);
    let all: Vec<FileIx> = (0..files.len()).filter(|index| graph(index).is_some()).collect();
    // Most graphs are alone in what is quickly told of them.
    let alike = grouped(all, |index| graph(index).map(fingerprint::rough));
    let same = |alike: Vec<FileIx>| match alike.len() {
        1 => vec![alike],
        _ => grouped(alike, |index| graph(index).map(fingerprint::of)),
    };
    let graphs = alike.into_iter().flat_map(same);
    let starting: Vec<_> = files.iter().enumerate().filter(|(_, file)| !file.launches().is_empty()).collect();
    let mut pairs: Vec<Pair> = graphs.map(|same| pair(files, &starting, same, options)).collect();
    pairs.sort_by_key(|pair| pair.workflow);
    pairs
}

/// Files with the same mark, in their order.
fn grouped(files: Vec<FileIx>, mark: impl Fn(&FileIx) -> Option<u64>) -> Vec<Vec<FileIx>> {
    let mut groups: BTreeMap<Option<u64>, Vec<FileIx>> = BTreeMap::new();
    for index in files {
        groups.entry(mark(&index)).or_default().push(index);
    }
    groups.into_values().collect()
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
    if starting.is_empty() {
        return Vec::new();
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
