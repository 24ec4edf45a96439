//! Outputs brought home: whole, under safe names, beside what is there.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use wanlint::run::history::OutputFile;
use wanlint::run::outputs::{OutputError, Saved, fetch};

use super::answers::client;
use super::stand_in::{Behaviour, StandIn, Trouble};

fn file(subfolder: &str, filename: &str) -> OutputFile {
    OutputFile {
        node: "9".into(),
        list: "images".into(),
        filename: filename.into(),
        subfolder: subfolder.into(),
        folder: "output".into(),
    }
}

fn stand_in(names: &[&str], trouble: Option<Trouble>) -> StandIn {
    let files = names.iter().map(|name| ((*name).to_owned(), format!("contents of {name}").into_bytes())).collect();
    let troubles: HashMap<_, _> = trouble.into_iter().map(|trouble| ("/view", trouble)).collect();
    StandIn::start(Behaviour { files, troubles, ..Behaviour::default() })
}

fn bring(stand_in: &StandIn, files: &[OutputFile], folder: &Path) -> Vec<Result<Saved, OutputError>> {
    let mut told = 0;
    let all = fetch(&client(stand_in), files, folder, &|| false, &mut |_| told += 1);
    assert_eq!(told, all.iter().filter(|one| one.is_ok()).count());
    all
}

/// Every file below a folder, with its contents.
fn below(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                let name = entry.strip_prefix(folder).expect("below").to_string_lossy().replace('\\', "/");
                all.push((name, fs::read_to_string(&entry).expect("text")));
            }
        }
    }
    all.sort();
    all
}

fn names(folder: &Path) -> Vec<String> {
    below(folder).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn nothing_is_overwritten() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path().join("out/deep");
    let stand_in = stand_in(&["a.png"], None);
    for _ in 0..3 {
        let saved = bring(&stand_in, &[file("wan", "a.png")], &folder).remove(0).expect("saved");
        assert_eq!(saved.size, 17);
    }
    assert_eq!(names(&folder), ["wan/a-2.png", "wan/a-3.png", "wan/a.png"]);
    assert!(below(&folder).iter().all(|(_, text)| text == "contents of a.png"));
    let asked = stand_in.asked().remove(0).0;
    assert_eq!(asked, "GET /view?filename=a.png&subfolder=wan&type=output");
}

#[test]
fn names_that_lead_elsewhere_end_below_the_folder() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path().join("out");
    let evil = ["../../x.png", "/etc/passwd", "C:\\autoexec.bat", "nul", "..", "a\r\nb.png", "..\\..\\y.png"];
    let stand_in = stand_in(&evil, None);
    let files: Vec<_> = evil.iter().map(|name| file("../..", name)).collect();
    assert!(bring(&stand_in, &files, &folder).iter().all(Result::is_ok));
    assert_eq!(fs::read_dir(temp.path()).expect("a folder").count(), 1, "something lies outside");
    assert_eq!(names(&folder), ["_nul", "a__b.png", "autoexec.bat", "etc/passwd", "output", "x.png", "y.png"]);
}

/// One file that fails keeps no other away, and leaves nothing half.
#[test]
fn a_file_that_is_gone() {
    let temp = tempfile::tempdir().expect("a folder");
    let stand_in = stand_in(&["a.png", "c.png"], None);
    let all = bring(&stand_in, &[file("", "a.png"), file("", "b.png"), file("", "c.png")], temp.path());
    let said = all[1].as_ref().expect_err("gone").to_string();
    assert!(
        said.starts_with("'b.png' is on the server and was not fetched: ") && said.contains("status 404"),
        "{said}"
    );
    assert_eq!(names(temp.path()), ["a.png", "c.png"]);
}

#[test]
fn nothing_half_is_left() {
    for (trouble, expected) in [
        (Trouble::Half, "broke off"),
        (Trouble::Stuck, "did not answer /view in time"),
        (Trouble::Status(500, "no"), "status 500: no"),
        (Trouble::Elsewhere("http://127.0.0.1:9/".into()), "another address"),
        (Trouble::Noise, "no answer from"),
    ] {
        let temp = tempfile::tempdir().expect("a folder");
        let stand_in = stand_in(&["a.png"], Some(trouble.clone()));
        let said = bring(&stand_in, &[file("", "a.png")], temp.path()).remove(0).expect_err("a fault").to_string();
        assert!(said.contains(expected), "{trouble:?}: {said}");
        assert!(names(temp.path()).is_empty(), "{trouble:?}: {:?}", names(temp.path()));
    }
}

#[test]
fn a_folder_that_is_none() {
    let temp = tempfile::tempdir().expect("a folder");
    let taken: PathBuf = temp.path().join("taken");
    fs::write(&taken, "a file").expect("written");
    let said =
        bring(&stand_in(&["a.png"], None), &[file("", "a.png")], &taken).remove(0).expect_err("no folder").to_string();
    assert!(said.starts_with("'a.png' cannot be written to "), "{said}");
    assert_eq!(names(temp.path()), ["taken"]);
}

#[test]
fn a_wish_to_stop_leaves_the_rest() {
    let temp = tempfile::tempdir().expect("a folder");
    let stand_in = stand_in(&["a.png", "b.png"], None);
    let count = std::cell::Cell::new(0);
    let files = [file("", "a.png"), file("", "b.png")];
    let all = fetch(&client(&stand_in), &files, temp.path(), &|| count.get() > 0, &mut |_| count.set(1));
    assert!(matches!(&all[1], Err(OutputError::Stopped(name)) if name == "'b.png'"), "{all:?}");
    assert_eq!(names(temp.path()), ["a.png"]);
}

/// A file that does not end, and somebody who will not wait for it.
#[test]
fn a_wish_to_stop_ends_a_long_file() {
    let temp = tempfile::tempdir().expect("a folder");
    let stand_in = stand_in(&[], Some(Trouble::Endless));
    let begun = std::time::Instant::now();
    let stop = || begun.elapsed() > std::time::Duration::from_millis(300);
    let all = fetch(&client(&stand_in), &[file("", "a.png")], temp.path(), &stop, &mut |_| {});
    assert!(matches!(&all[0], Err(OutputError::Stopped(_))), "{all:?}");
    assert!(names(temp.path()).is_empty(), "{:?}", names(temp.path()));
}
