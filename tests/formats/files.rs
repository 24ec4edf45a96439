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

#[cfg(unix)]
#[test]
fn what_is_no_file_of_its_own_is_kept() {
    use std::os::unix::fs::symlink;
    let folder = start();
    folder.write("real/report.xml", "old");
    symlink(folder.path("real/report.xml"), folder.path("link.xml")).unwrap();
    folder.check(&[".", "-q", "--report", "junit=link.xml", "--report", "json=/dev/null"]);
    assert!(folder.path("link.xml").is_symlink());
    assert!(folder.text("real/report.xml").contains("<testsuites"));
    // Where standard output is a file, it is written to; the name is not replaced.
    let file = std::fs::File::create(folder.path("out.txt")).unwrap();
    let status =
        folder.command(&[".", "-q", "-o", "/dev/stdout", "--report", "gitlab=-"]).stdout(file).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(folder.text("out.txt").contains("LAUNCH001") && folder.text("out.txt").contains("check_name"));
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
