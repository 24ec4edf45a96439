//! Where reports go.

use super::{Folder, project};

fn start() -> Folder {
    let folder = Folder::new();
    folder.write("start.bat", "python ComfyUI/main.py --no-such-flag\r\n");
    folder
}

#[test]
fn several_reports_of_one_run() {
    let folder = project();
    let args = [".", "--output-format", "json", "-o", "a.json", "--report", "gitlab=b.json", "--report", "junit=c.xml"];
    let output = folder.check(&[&args[..], &["--report", "concise=-"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_str(&folder.text("a.json")).unwrap();
    let gitlab: serde_json::Value = serde_json::from_str(&folder.text("b.json")).unwrap();
    let count = json["findings"].as_array().unwrap().len();
    assert!(count > 3);
    assert_eq!(gitlab.as_array().unwrap().len(), count);
    assert!(folder.text("c.xml").contains("<testsuites"));
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        lines
            .lines()
            .filter(|line| line.contains(": error ") || line.contains(": warning ") || line.contains(": info "))
            .count(),
        count
    );
}

#[test]
fn mistakes_are_refused() {
    let folder = start();
    for (args, words) in [
        (&["--report", "sarif"][..], "FORMAT=FILE"),
        (&["--report", "pdf=x"], "'pdf' is not one of full, concise, json"),
        (&["--report", "json="], "FORMAT=FILE"),
        (&["--report", "json=x", "-o", "x"], "two reports would go to x"),
        (&["--report", "json=no/such/x"], "cannot write no/such/x"),
    ] {
        let output = folder.check(&[&["."], args].concat());
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains(words), "{args:?}: {err}");
    }
}

/// A change under review may bring a link where CI writes its report.
#[cfg(unix)]
#[test]
fn a_report_takes_the_place_of_a_link() {
    use std::os::unix::fs::symlink;
    let folder = start();
    folder.write("real/report.xml", "old");
    symlink("real/report.xml", folder.path("link.xml")).unwrap();
    symlink("/dev/null", folder.path("null.json")).unwrap();
    folder.check(&[".", "-q", "--report", "junit=link.xml", "--report", "json=null.json"]);
    assert!(!folder.path("link.xml").is_symlink() && !folder.path("null.json").is_symlink());
    assert!(folder.text("link.xml").contains("<testsuites"));
    assert_eq!(folder.text("real/report.xml"), "old");
}

/// Where they are files, they are written to; the names of `/dev` are not replaced.
#[cfg(target_os = "linux")]
#[test]
fn open_files_are_written_to() {
    let folder = start();
    let [out, err] = ["out.txt", "err.txt"].map(|name| std::fs::File::create(folder.path(name)).unwrap());
    let args = [".", "-q", "-o", "/dev/stdout", "--report", "gitlab=-", "--report", "junit=/dev/stderr"];
    let more = ["--report", "json=/dev/null"];
    let status = folder.command(&[&args[..], &more].concat()).stdout(out).stderr(err).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(folder.text("out.txt").contains("LAUNCH001") && folder.text("out.txt").contains("check_name"));
    assert!(folder.text("err.txt").contains("<testsuites"));
    assert!(std::path::Path::new("/dev/stderr").is_symlink() || !std::path::Path::new("/dev/stderr").exists());
}

#[test]
fn paths_are_those_of_the_repository() {
    let folder = start();
    folder.write(".git/HEAD", "").write("sub/start.sh", "python ComfyUI/main.py --no-such-flag\n");
    let mut command = folder.command(&[".", "-q", "--output-format", "github"]);
    let output = command.current_dir(folder.path("sub")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("::warning file=sub/start.sh,line=1,"), "{text}");
}

#[test]
fn annotations_are_limited() {
    let folder = Folder::new();
    let all: String = (0..11).map(|_| "python ComfyUI/main.py --no-such-flag\n").collect();
    folder.write("start.sh", all);
    let text = folder.stdout(&[".", "--output-format", "github"]);
    assert_eq!(text.lines().filter(|line| line.starts_with("::warning ")).count(), 11);
    assert!(text.contains("GitHub shows 10 annotations of a kind"), "{text}");
}

#[test]
fn fingerprints_and_tests_stay_when_lines_are_added() {
    let folder = Folder::new();
    let start = "python ComfyUI/main.py --no-such-flag\npython ComfyUI/main.py --no-such-flag\n";
    let report = |text: String| {
        folder.write("start.sh", text);
        folder.check(&[".", "--report", "gitlab=g.json", "--report", "junit=j.xml"]);
        let gitlab: serde_json::Value = serde_json::from_str(&folder.text("g.json")).unwrap();
        let all = gitlab.as_array().unwrap().iter();
        let prints: Vec<String> = all.map(|one| one["fingerprint"].as_str().unwrap().to_owned()).collect();
        let tests = quick_junit::Report::deserialize_from_str(&folder.text("j.xml")).unwrap();
        let names: Vec<String> = tests.test_suites[0].test_cases.iter().map(|case| case.name.to_string()).collect();
        (prints, names)
    };
    let before = report(start.to_owned());
    assert_eq!(before.0.len(), 2);
    assert_ne!(before.0[0], before.0[1]);
    assert_ne!(before.1[0], before.1[1]);
    assert_eq!(report(format!("# one\n\n# two\n{start}")), before);
    assert_ne!(report(start.replace("--no-such-flag", "--other-flag")), before);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_utf8_are_checked() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Folder::new();
    folder.write(std::ffi::OsStr::from_bytes(b"a\xff.sh"), "python ComfyUI/main.py --no-such-flag\n");
    let text = folder.stdout(&[".", "-q", "--output-format", "concise"]);
    assert!(text.starts_with("a\u{fffd}.sh:1:24: warning LAUNCH001 "), "{text}");
}
