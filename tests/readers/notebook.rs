//! Notebooks.

use super::support::{check, checked, places, show};
use wanlint::read::notebook::read;

/// A notebook with these cells, each as one string.
fn notebook(cells: &[&str]) -> String {
    let cell = |source: &&str| format!(r#"{{"cell_type": "code", "source": {}}}"#, serde_json::Value::from(*source));
    format!(
        r#"{{"metadata": {{"name": "main.py"}}, "cells": [{}]}}"#,
        cells.iter().map(cell).collect::<Vec<_>>().join(",\n")
    )
}

#[track_caller]
fn same(cells: &[&str], expected: &[&str]) {
    let text = notebook(cells);
    let steps: Vec<String> =
        show(&checked(&text, read)).into_iter().filter(|step| !step.starts_with("local ")).collect();
    assert_eq!(steps, expected, "{text}");
}

#[test]
fn shell_lines() {
    same(
        &["!cd /content/ComfyUI && python main.py --dont-print-server"],
        &["cd|/content/ComfyUI", "python|main.py|--dont-print-server"],
    );
    same(
        &["!python main.py \\\n  --listen {host} --port $port\nx = 1"],
        &["python|main.py|--listen|~{host}|--port|~$port"],
    );
    same(&["port = 8188", "!python main.py --port {port} --x=$port"], &["python|main.py|--port|8188|--x=8188"]);
    same(&["!export X=1\n!python main.py", "out = !ls -l"], &["python|main.py", "ls|-l"]);
    same(&["if x:\n    !python main.py\nelse:\n    pass"], &["?python|main.py"]);
    same(&["%%bash\nexport X=1\ncd a\npython main.py"], &["X=1 cd|a", "X=1 python|main.py"]);
    same(&["%%time\n!a", "%%html\n<b>!x</b>", "%pip install x\n!b"], &["a", "b"]);
}

#[test]
fn magics_and_python() {
    same(
        &["%env X=1\n%set_env Y \"2\"\n%cd /content\n%run main.py --cpu"],
        &["X=1", "Y=\"2\"", "cd|/content", "main.py|--cpu"],
    );
    same(&["import os\nos.environ['X'] = '1'", "def go():\n    !python main.py\ngo()"], &["X=1", "python|main.py"]);
    same(&["import subprocess\nsubprocess.Popen(['python', 'main.py'])"], &["python|main.py"]);
}

#[test]
fn places_are_those_of_the_file() {
    let text = r#"{"cells": [{"cell_type": "markdown", "source": ["!no"]}, {"cell_type": "code", "source": [
        "!python main.py \"--listen\" \u002d\u002dcpu \u00e9\n", "import os\n", "os.environ[\"X\"] = \"1\""]}]}"#;
    let script = read(text);
    check(text, &script);
    assert_eq!(show(&script), ["python|main.py|--listen|--cpu|é", "X=1"]);
    let expected = ["python", "main.py", r#"\"--listen\""#, r"\u002d\u002dcpu", r"\u00e9", r#"\"X\""#, r#"\"1\""#];
    assert_eq!(places(text, &script), expected);
}

#[test]
fn broken_notebooks() {
    assert_eq!(read("{\"main.py\": ").unread.len(), 1);
    for text in [
        "[\"main.py\"]",
        "{\"cells\": \"main.py\"}",
        "{\"cells\": [1, {\"cell_type\": \"code\", \"source\": [1, \"comfy\"]}]}",
    ] {
        assert!(read(text).steps.is_empty());
    }
    let deep = format!(
        "{{\"cells\": [{{\"cell_type\": \"code\", \"source\": \"# main.py\\n{}\"}}]}}",
        "!a \\\\\\n".repeat(20_000)
    );
    check(&deep, &read(&deep));
}
