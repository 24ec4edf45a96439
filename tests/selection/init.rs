//! `wanlint init`: what it writes is accepted by wanlint, and nothing that was there is touched.

use std::path::Path;
use std::process::Command;

use super::{Folder, TYPO};

const WORKFLOW: &str = include_str!("../../fixtures/rules/base/two-pass.api.json");
const INTEGRATIONS: [(&str, &str); 3] = [
    ("--pre-commit", ".pre-commit-config.yaml"),
    ("--github", ".github/workflows/wanlint.yml"),
    ("--gitlab", ".gitlab-ci.yml"),
];

fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.0.path().join(name)).unwrap()
}

/// All files of a folder with their texts.
fn everything(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| match path.is_dir() {
            true => everything(&path),
            false => vec![(path.display().to_string(), std::fs::read_to_string(&path).unwrap())],
        })
        .collect();
    all.sort();
    all
}

#[test]
fn what_was_found_stands_in_the_file() {
    let folder = Folder::new(&[("a b/start.sh", "python main.py\n"), ("clip.json", WORKFLOW), ("package.json", "{}")]);
    let (code, text) = folder.run(&["init"]);
    assert_eq!((code, text.as_str()), (Some(0), "wrote wanlint.toml\n"));
    let written = read(&folder, "wanlint.toml");
    for wanted in ["#   a b/start.sh\n", "#   clip.json\n", "# launch = \"a b/start.sh\"\n# workflow = \"clip.json\"\n"]
    {
        assert!(written.contains(wanted), "{wanted}\n{written}");
    }
    // Under CI no machine is looked at.
    assert!(
        written.contains("\n# gpu = ") && written.contains("\n# ram = ") && !written.contains("@VERSION@"),
        "{written}"
    );
    let (code, text) = folder.run(&["check"]);
    assert_eq!((code, text.contains("no findings in 2 files")), (Some(0), true), "{text}");
    // Every suggestion is one that can be taken.
    let taken: String = written.lines().map(|line| uncommented(line) + "\n").collect();
    folder.write("wanlint.toml", &taken);
    let (code, text) = folder.run(&["check", "--show-facts"]);
    assert_eq!(code, Some(0), "{taken}\n{text}");
    assert!(
        text.contains("gpu = NVIDIA GeForce RTX 5090") && text.contains("target = clip.json on a b/start.sh"),
        "{text}"
    );
}

/// A commented-out entry without its mark; other comments stay.
fn uncommented(line: &str) -> String {
    let entry =
        line.strip_prefix("# ").filter(|rest| rest.starts_with("[[") || rest.split(" = ").next().is_some_and(is_key));
    entry.unwrap_or(line).to_owned()
}

fn is_key(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_lowercase() || character == '-')
}

#[test]
fn names_with_quotes_and_control_characters_break_nothing() {
    let odd = "it's \"so\".sh";
    let folder = Folder::new(&[(odd, "python main.py\n")]);
    if cfg!(unix) {
        folder.write("line\nbreak = 1.sh", "python main.py\n");
    }
    folder.run(&["init"]);
    let written = read(&folder, "wanlint.toml");
    assert!(written.contains(&format!("#   {odd}\n")) && !written.contains("break"), "{written}");
    assert_eq!(folder.run(&["check"]).0, Some(0));
}

#[test]
fn integrations_are_written_at_the_root_of_the_repository() {
    let folder = Folder::new(&[(".git/HEAD", ""), ("sub/clip.json", WORKFLOW)]);
    let (code, text) = folder.run(&["init", "sub", "--pre-commit", "--github", "--gitlab"]);
    assert_eq!(code, Some(0), "{text}");
    for (_, name) in INTEGRATIONS {
        let written = read(&folder, name);
        assert!(written.contains(env!("CARGO_PKG_VERSION")) && !written.contains("@VERSION@"), "{written}");
        assert!(text.contains(Path::new(name).file_name().unwrap().to_str().unwrap()), "{text}");
    }
    assert!(!folder.0.path().join("wanlint.toml").exists());
    assert_eq!(folder.run(&["check"]).0, Some(0));
    assert_eq!(folder.run(&["init", "sub"]).0, Some(0));
    assert!(folder.0.path().join("sub/wanlint.toml").exists());
}

#[test]
fn nothing_is_written_over_a_file_that_is_there() {
    for (flag, name) in INTEGRATIONS {
        let folder = Folder::new(&[(name, "# mine\n")]);
        let before = everything(folder.0.path());
        let all: Vec<&str> = INTEGRATIONS.iter().map(|(flag, _)| *flag).collect();
        for args in [&["init", flag][..], &[&["init"], all.as_slice()].concat()] {
            let (code, text) = folder.run(args);
            assert_eq!(code, Some(2), "{text}");
            assert!(text.contains(name) && text.contains("To add:\n\n") && text.contains("wanlint check --"), "{text}");
            assert!(!text.contains("repos:") && !text.contains("Written by"), "{text}");
            assert_eq!(everything(folder.0.path()), before);
        }
    }
    let folder = Folder::new(&[("wanlint.toml", "[check]\n")]);
    let (code, text) = folder.run(&["init"]);
    assert_eq!((code, read(&folder, "wanlint.toml").as_str()), (Some(2), "[check]\n"), "{text}");
    assert!(text.contains("nothing was written") && text.contains("[machine]"), "{text}");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = Folder::new(&[(".github", "a file where a folder should be")]);
    let before = everything(folder.0.path());
    let (code, text) = folder.run(&["init", "--pre-commit", "--github"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("cannot write .github/workflows/wanlint.yml") && !text.contains("wrote"), "{text}");
    assert_eq!(everything(folder.0.path()), before);
    std::os::unix::fs::symlink("nowhere", folder.0.path().join("wanlint.toml")).unwrap();
    assert_eq!(folder.run(&["init"]).0, Some(2));
    assert!(!folder.0.path().join("nowhere").exists());
    assert_eq!(folder.run(&["init", "no such folder"]).0, Some(2));
}

/// The hook that is written is the one that this repository offers.
#[test]
fn the_written_hook_is_the_hook_of_the_repository() {
    let folder = Folder::new(&[]);
    folder.run(&["init", "--pre-commit"]);
    let written = read(&folder, ".pre-commit-config.yaml");
    let offered = include_str!("../../.pre-commit-hooks.yaml");
    let offered = offered.split("- id: wanlint-fix").next().unwrap().replace("files: &files |-", "files: |-");
    let described = ["- id", "  minimum", "  description", "  language", "#"];
    let lines: Vec<&str> =
        offered.lines().filter(|line| !described.iter().any(|start| line.starts_with(start))).collect();
    assert!(lines.len() > 8);
    for line in lines {
        assert!(written.contains(&format!("{line}\n")), "{line}\n{written}");
    }
}

/// What the written GitHub step runs, run: a change cannot allow its own finding.
#[cfg(unix)]
#[test]
fn the_written_step_checks_a_change_against_its_base() {
    let folder = Folder::new(&[("start.sh", "python main.py\n")]);
    folder.run(&["init", "--github"]);
    let workflow = read(&folder, ".github/workflows/wanlint.yml");
    let step = workflow.split("        run: |\n").nth(1).unwrap().replace("          ", "");
    let git = |args: &str| {
        let mut command = Command::new("git");
        command.args(args.split(' ')).current_dir(folder.0.path()).env("HOME", folder.0.path());
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "a").env(format!("GIT_{role}_EMAIL"), "a@example.org");
        }
        assert!(command.output().unwrap().status.success(), "git {args}");
    };
    git("init --quiet");
    git("add .");
    git("commit --quiet -m base");
    folder.write("start.sh", &TYPO.replace('\n', "  # wanlint: allow LAUNCH001 - it is fine\n"));
    git("commit --quiet -am change");
    let program = Path::new(env!("CARGO_BIN_EXE_wanlint")).parent().unwrap().display().to_string();
    let run = |request: &str| {
        let mut command = Command::new("bash");
        command.args(["-e", "-c", &step]).current_dir(folder.0.path()).env_clear().env("PULL_REQUEST", request);
        let path = format!("{program}:{}", std::env::var("PATH").unwrap());
        let output = command.env("PATH", path).env("CI", "true").env("HOME", folder.0.path()).output().unwrap();
        (output.status.code(), [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat())
    };
    assert_eq!(run("false").0, Some(0), "{}", run("false").1);
    let (code, text) = run("true");
    assert_eq!((code, text.contains("LAUNCH001")), (Some(1), true), "{text}");
}

/// What the written GitLab job runs makes the reports that the job hands over.
#[cfg(unix)]
#[test]
fn the_written_job_makes_its_reports() {
    let folder = Folder::new(&[("start.sh", TYPO)]);
    folder.run(&["init", "--gitlab"]);
    let job = read(&folder, ".gitlab-ci.yml");
    let script = job.split("  script:\n    - ").nth(1).unwrap().lines().next().unwrap();
    let (code, text) = folder.run(&script.split(' ').skip(1).collect::<Vec<_>>());
    assert_eq!((code, text.contains("LAUNCH001")), (Some(1), true), "{text}");
    for report in ["codequality: ", "junit: "] {
        let name = job.split(report).nth(1).unwrap().lines().next().unwrap();
        assert!(read(&folder, name).contains("LAUNCH001"), "{name}");
    }
}
