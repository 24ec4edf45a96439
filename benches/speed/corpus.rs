//! A folder of real workflows, one core: `WANLINT_TEMPLATES`.

use std::path::PathBuf;
use std::sync::OnceLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use wanlint::catalog::nodes::Catalog;
use wanlint::discover::{Found, discover};
use wanlint::project;
use wanlint::read::json::JsonDoc;
use wanlint::source::Source;

/// The folder; `None` (and a line that says so) where there is none.
pub fn folder() -> Option<&'static PathBuf> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let ask = || {
        let folder = std::env::var_os("WANLINT_TEMPLATES").map(PathBuf::from).filter(|folder| folder.is_dir());
        match &folder {
            Some(_) => rayon::ThreadPoolBuilder::new().num_threads(1).build_global().unwrap(),
            None => println!("skipped: the corpus, set WANLINT_TEMPLATES to a folder of workflows"),
        }
        folder
    };
    FOLDER.get_or_init(ask).as_ref()
}

fn found() -> Vec<Found> {
    discover(&[folder().unwrap().clone()], &ignore::gitignore::Gitignore::empty(), false).unwrap()
}

fn size() -> BytesCount {
    BytesCount::new(found().iter().map(|found| std::fs::metadata(&found.path).unwrap().len()).sum::<u64>())
}

#[divan::bench(ignore = folder().is_none(), sample_count = 20)]
fn a_floor_walk() -> usize {
    found().len()
}

#[divan::bench(ignore = folder().is_none(), sample_count = 20)]
fn b_floor_walk_read(bencher: Bencher) {
    bencher
        .counter(size())
        .bench_local(|| found().iter().map(|one| Source::read(&one.path).unwrap().text().len()).sum::<usize>());
}

#[divan::bench(ignore = folder().is_none(), sample_count = 20)]
fn c_floor_walk_read_parse(bencher: Bencher) {
    let mut doc = JsonDoc::default();
    bencher.counter(size()).bench_local(|| {
        let mut nodes = 0;
        for one in found() {
            let source = Source::read(&one.path).unwrap();
            nodes += doc.parse_into(source.text()).map_or(0, |()| doc.len());
        }
        nodes
    });
}

#[divan::bench(ignore = folder().is_none(), sample_count = 5)]
fn c_floor_serde_json_value(bencher: Bencher) {
    let texts: Vec<String> = found().iter().filter_map(|one| std::fs::read_to_string(&one.path).ok()).collect();
    bencher.counter(size()).bench_local(|| {
        texts.iter().filter(|text| serde_json::from_str::<serde_json::Value>(black_box(text)).is_ok()).count()
    });
}

#[divan::bench(ignore = folder().is_none(), sample_count = 20)]
fn d_walk_read_graph_facts(bencher: Bencher) {
    bencher
        .counter(size())
        .bench_local(|| project::read_all(&found(), true, &Catalog::default(), &project::Drafts::new()).unwrap().len());
}

#[divan::bench(ignore = folder().is_none(), sample_count = 20)]
fn e_check(bencher: Bencher) {
    bencher.counter(size()).bench_local(|| super::stages::check(folder().unwrap()));
}
