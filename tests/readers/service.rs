//! systemd units.

use super::support::{checked, places, show};
use wanlint::read::service::read;

#[track_caller]
fn same(text: &str, expected: &[&str]) {
    let text = format!("[Unit]\nExecStart=no\n[Service]\n{text}");
    assert_eq!(show(&checked(&text, read)), expected, "{text}");
}

#[test]
fn commands() {
    same(
        "ExecStart=-/usr/bin/python \"/a b/main.py\" --listen \\\n  --port 8188\n",
        &["/usr/bin/python|/a b/main.py|--listen|--port|8188"],
    );
    same("ExecStart=a\nExecStart=\n# x\nExecStart=@b %h/c $$x 100%%\n", &["b|~%h/c|$x|100%"]);
    same("ExecStart=/bin/bash -c 'X=1 python main.py'\n[Install]\nExecStart=c", &["X=1 python|main.py"]);
}

#[test]
fn variables() {
    same(
        "Environment=A=1 \"B=x y\"\nEnvironment='C=%h'\nExecStart=p $B ${B}z $D -${D}-",
        &["A=1", "B=x y", "C=~%h", "p|x|y|x yz|~$D|~-${D}-"],
    );
    same("Environment=A=1\nEnvironment=\nEnvironment=B=2", &["B=2"]);
    let text = "[Service]\nEnvironment=\"B=x y\"\nExecStart=p $B";
    assert_eq!(places(text, &read(text)), ["B", "x y", "p", "x", "y"]);
}

#[test]
fn settings() {
    let text = "[Service]\nUser=me\nMemoryMax=16G\nWorkingDirectory=%h/c\nEnvironmentFile=-/etc/c\nExecStart=p";
    let script = read(text);
    let container = &script.containers[0];
    let shown = |word: &Option<wanlint::read::script::Word>| word.as_ref().map(|word| (word.text.clone(), word.known));
    assert_eq!(shown(&container.user), Some(("me".into(), true)));
    assert_eq!(shown(&container.memory), Some(("16G".into(), true)));
    assert_eq!(shown(&container.folder), Some(("%h/c".into(), false)));
    assert_eq!(container.env_files[0].text, "-/etc/c");
}
