//! What is measured on: files in a folder that lives as long as the process.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Map, Value};

/// The files of the bench.
pub struct Inputs {
    /// The launch script of the founding case, alone in its folder.
    pub launch: PathBuf,
    /// A workflow of about 50 kB.
    pub workflow: PathBuf,
    /// A workflow of 1 MB in one line, with 80 frames asked for at its end.
    pub line: PathBuf,
    _folder: tempfile::TempDir,
}

/// The inputs, written at the first use. Each has a folder of its own: a check looks for partners beside a file.
pub fn inputs() -> &'static Inputs {
    static INPUTS: OnceLock<Inputs> = OnceLock::new();
    INPUTS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        Inputs {
            launch: write("a/launch.bat", &fixture("rtx5090/scripts/launch_wan22_rtx5090.bat")),
            workflow: write("b/workflow.json", &workflow()),
            line: write("c/workflow.json", &line()),
            _folder: folder,
        }
    })
}

/// A file below `fixtures/`.
pub fn fixture(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
}

/// The two-pass workflow again and again, each time under other ids: 50 kB or a little more.
pub fn workflow() -> String {
    let graph: Map<String, Value> = serde_json::from_str(&fixture("rules/base/two-pass.api.json")).unwrap();
    let mut all = Map::new();
    for copy in 0.. {
        for (id, node) in &graph {
            let mut node = node.clone();
            for input in node["inputs"].as_object_mut().unwrap().values_mut() {
                if let Some(Value::String(target)) = input.get_mut(0) {
                    *target = format!("{copy}{target}");
                }
            }
            all.insert(format!("{copy}{id}"), node);
        }
        let text = format!("{:#}", Value::Object(all.clone()));
        if text.len() > 50_000 {
            return text;
        }
    }
    String::new()
}

fn line() -> String {
    let graph: Value = serde_json::from_str(&fixture("rules/base/two-pass.api.json")).unwrap();
    let mut text = graph.to_string();
    text.pop();
    text += &format!(",\"1\":{{\"class_type\":\"Note\",\"inputs\":{{\"text\":\"{}\"}}}}", "word ".repeat(200_000));
    text + ",\"2\":{\"class_type\":\"WanImageToVideo\",\"inputs\":{\"width\":832,\"height\":480,\"length\":80}}}"
}
