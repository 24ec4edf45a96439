//! The summary of a step in GitHub Actions.

use super::{Folder, project};

fn run(folder: &Folder, file: &str) -> std::process::Output {
    let args = [".", "--media", "-q", "--select", "SEC001,LAUNCH052,LAUNCH053,WF006,WF010,INPUT001,GPU001"];
    folder.command(&args).env("GITHUB_STEP_SUMMARY", file).output().unwrap()
}

#[test]
fn a_page_is_added() {
    let folder = project();
    let output = run(&folder, "summary.md");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(1), 0));
    let once = folder.text("summary.md");
    // The figures of the forecast are held elsewhere.
    let shown: Vec<&str> = once.lines().filter(|line| !line.contains("peak")).collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert!(once.contains("#### Forecast"));
    run(&folder, "summary.md");
    assert_eq!(folder.text("summary.md"), once.repeat(2));
}

#[test]
fn only_where_it_is_asked_for() {
    let folder = project();
    let output = run(&folder, "");
    assert_eq!(output.status.code(), Some(1));
    let files = || std::fs::read_dir(folder.path("")).unwrap().count();
    let before = files();
    folder.check(&["."]);
    assert_eq!(files(), before);
}

#[test]
fn a_summary_that_cannot_be_written_is_told() {
    let folder = project();
    let output = run(&folder, "no/such/summary.md");
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.starts_with("cannot write the step summary to no/such/summary.md"), "{err}");
}

#[test]
fn a_summary_is_never_longer_than_github_takes() {
    let folder = Folder::new();
    let line = |at: u32| format!("python ComfyUI/main.py --no-such-flag-{at}-{}\n", "x".repeat(200));
    let start: String = (0..50).map(line).collect();
    for at in 0..80 {
        folder.write(format!("{at}.sh"), &start);
    }
    run_all(&folder);
    let page = folder.text("summary.md");
    assert!((1 << 19..=1 << 20).contains(&page.len()), "{}", page.len());
    assert!(page.ends_with("More is left out here: a summary has 1 MiB at most. The log has all of it.\n"));
    run_all(&folder);
    assert!(folder.text("summary.md").len() <= 1 << 20);
}

fn run_all(folder: &Folder) {
    folder.command(&[".", "-q"]).env("GITHUB_STEP_SUMMARY", "summary.md").output().unwrap();
}
