//! Completions and manual pages: made from the command line, so that they know every command and flag.

use super::Folder;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

fn printed(args: &[&str]) -> String {
    let (code, text) = Folder::new(&[]).run(args);
    assert_eq!(code, Some(0), "{args:?}: {text}");
    text
}

/// The commands that the help names.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    let names: Vec<String> =
        list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(names.len() > 8 && names.contains(&"completions".to_owned()), "{names:?}");
    names
}

#[test]
fn every_shell_is_told_every_command() {
    for shell in SHELLS {
        let script = printed(&["completions", shell]);
        for name in commands() {
            assert!(script.contains(&name), "{shell}: {name}");
        }
        assert!(script.contains("listed"), "{shell}");
    }
    let (code, text) = Folder::new(&[]).run(&["completions", "tcsh"]);
    assert_eq!((code, text.contains("powershell")), (Some(2), true), "{text}");
}

/// What bash really offers for a word that is begun.
#[cfg(unix)]
#[test]
fn bash_completes_flags() {
    let offered = |words: &[&str]| {
        let script = printed(&["completions", "bash"]);
        let last = words.len() - 1;
        let ask = format!(
            "{script}\nCOMP_WORDS=({}) COMP_CWORD={last}\n_wanlint wanlint {} {}\necho \"${{COMPREPLY[*]}}\"\n",
            words.join(" "),
            words[last],
            words[last - 1]
        );
        let output = std::process::Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(offered(&["wanlint", "com"]), "completions");
    assert_eq!(offered(&["wanlint", "check", "--lis"]), "--listed");
}

#[test]
fn every_command_has_a_page() {
    let whole = printed(&["man"]);
    assert!(whole.contains(".TH wanlint 1") && whole.contains("wanlint\\-check(1)"), "{whole}");
    for name in commands().iter().filter(|name| *name != "help") {
        let page = printed(&["man", name]);
        let title = format!(".TH wanlint-{name} 1");
        assert!(page.contains(&title) && page.contains(".SH OPTIONS"), "{name}: {page}");
    }
    assert_eq!(
        Folder::new(&[]).run(&["man", "nothing"]),
        (Some(2), "error: wanlint has no command 'nothing'\n".to_owned())
    );
}
