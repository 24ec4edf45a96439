//! Reports that cannot be written.

use std::process::Stdio;

use super::{Folder, seen};

fn findings() -> Folder {
    let folder = Folder::new();
    (0..200)
        .for_each(|at| drop(folder.write(&format!("launch{at}.sh"), "python ComfyUI/main.py --no-such-flag-at-all\n")));
    folder
}

#[test]
fn a_report_file_in_no_folder() {
    let folder = findings();
    folder.check(&["-o", "no/such/folder/report.txt"]).refuses(&["cannot write no/such/folder/report.txt"]);
    folder.check(&["-o", "."]).refuses(&["cannot write ."]);
    folder.check(&["launch1.sh", "-o", "report.txt", "--fail-on", "warning"]).says(1, &[]);
    let report = std::fs::read_to_string(folder.0.path().join("report.txt")).unwrap();
    assert!(report.contains("LAUNCH001"), "{report}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = findings();
    for args in [&["check", "."][..], &["check", "launch1.sh"], &["rule"], &["check", ".", "--output-format", "json"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let run = seen(&folder.command(args).stdout(full).output().unwrap(), args);
        run.refuses(&["cannot write the report"]);
    }
    folder.check(&["-o", "/dev/full"]).refuses(&["cannot write /dev/full"]);
}

#[test]
fn a_closed_pipe_is_the_readers_choice() {
    let folder = findings();
    for (args, code) in [
        (&["check", "."][..], 0),
        (&["check", ".", "--fail-on", "warning"], 1),
        (&["check", ".", "--output-format", "json"], 0),
        (&["rule"], 0),
        (&["--help"], 0),
        (&["--version"], 0),
    ] {
        let mut child = folder.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let run = seen(&child.wait_with_output().unwrap(), args);
        assert_eq!((run.code, run.err.as_str()), (Some(code), ""), "{args:?}");
    }
}
