//! `--listed`: the paths are a list that a program made, as pre-commit hands over.

use super::{Folder, TYPO};

const LISTED: [&str; 4] = ["check", "--listed", "--output-format", "concise"];

fn listed(folder: &Folder, paths: &[&str]) -> (Option<i32>, String) {
    folder.run(&[&LISTED, paths].concat())
}

#[test]
fn files_of_others_are_passed_over() {
    let files = [
        ("package.json", r#"{"name": "site", "version": "1"}"#),
        ("tsconfig.json", "{\n  // a comment\n  \"compilerOptions\": {},\n}\n"),
        ("lines.json", "{\"a\": 1}\n{\"b\": 2}\n"),
        ("list.json", "[1, 2]"),
        ("empty.json", ""),
        ("half.json", "{\"a\": 1"),
        ("graph.json", r#"{"nodes": "two", "links": 3}"#),
        ("tool.py", "def main(:\n"),
        ("tool.sh", "echo \"$X\n"),
        ("notes.txt", "python main.py --use-sage-atention\n"),
        (".github/run.sh", TYPO),
    ];
    let folder = Folder::new(&files);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let (code, text) = listed(&folder, &names);
    assert_eq!((code, text.contains("no findings in ")), (Some(0), true), "{text}");
    for name in names {
        let (code, text) = listed(&folder, &[name]);
        assert_eq!((code, text.contains("no findings in ")), (Some(0), true), "{name}: {text}");
    }
}

#[test]
fn a_file_that_is_gone_or_excluded_is_passed_over() {
    let folder = Folder::new(&[
        ("wanlint.toml", "[check]\nexclude = [\"old/\"]\n"),
        ("old/start.sh", TYPO),
        ("new one/start.sh", TYPO),
        (".gitignore", "new*\n"),
    ]);
    let (code, text) = listed(&folder, &["deleted.sh", "old/start.sh", "wanlint.toml"]);
    assert_eq!((code, text.contains("no findings in 0 files")), (Some(0), true), "{text}");
    let (code, text) = listed(&folder, &["deleted.sh", "old/start.sh", "new one/start.sh"]);
    assert_eq!(code, Some(1));
    assert!(
        text.starts_with("new one/start.sh:1:16: error LAUNCH001 ") && text.contains("1 error in 1 file"),
        "{text}"
    );
}

/// Where the list begins does not decide which configuration is in force.
#[test]
fn the_configuration_is_that_of_the_current_folder() {
    let folder = Folder::new(&[
        ("wanlint.toml", "[check]\nignore = [\"LAUNCH001\"]\n"),
        ("a/wanlint.toml", "[check]\nselect = [\"LAUNCH001\"]\n"),
        ("a/start.sh", TYPO),
        ("b/start.sh", TYPO),
    ]);
    for paths in [["a/start.sh", "b/start.sh"], ["b/start.sh", "a/start.sh"]] {
        let (code, text) = listed(&folder, &paths);
        assert_eq!((code, text.contains("no findings in 2 files")), (Some(0), true), "{text}");
    }
    folder.write("wanlint.toml", "[check]\nignored = []\n");
    let (code, text) = listed(&folder, &["wanlint.toml"]);
    assert_eq!((code, text.contains("ignored")), (Some(2), true), "{text}");
}

#[test]
fn folders_in_the_list_are_walked() {
    let folder = Folder::new(&[("a/start.sh", TYPO), ("b/start.sh", TYPO)]);
    let (_, text) = listed(&folder, &[]);
    assert!(text.contains("2 errors in 2 files"), "{text}");
    let (_, text) = listed(&folder, &["a", "b/start.sh"]);
    assert!(text.contains("2 errors in 2 files"), "{text}");
}

#[cfg(unix)]
#[test]
fn links_are_passed_over() {
    let (folder, outside) = (Folder::new(&[("start.sh", "echo\n")]), Folder::new(&[("start.sh", TYPO)]));
    std::os::unix::fs::symlink(outside.0.path().join("start.sh"), folder.0.path().join("link.sh")).unwrap();
    std::os::unix::fs::symlink(outside.0.path(), folder.0.path().join("linked")).unwrap();
    let (code, text) = listed(&folder, &["link.sh", "linked", "start.sh"]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn only_files_of_the_list_are_mended() {
    const BAD: &str = "set CUDA_VISIBLE_DEVICES = 0\r\npython main.py\r\n";
    let folder = Folder::new(&[("a.bat", BAD), ("b.bat", BAD)]);
    folder.run(&["check", "--listed", "--fix", "a.bat", "gone.bat"]);
    let read = |name: &str| std::fs::read_to_string(folder.0.path().join(name)).unwrap();
    assert_eq!(read("a.bat"), "set \"CUDA_VISIBLE_DEVICES=0\"\r\npython main.py\r\n");
    assert_eq!(read("b.bat"), BAD);
}
