//! A folder with workflows and models, and the binary run in it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

pub struct Room(pub TempDir);

impl Room {
    pub fn new() -> Self {
        let room = Self(tempfile::tempdir().unwrap());
        room.write("repo/.git/HEAD", "ref: refs/heads/main\n");
        room
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A graph of the rule examples, some inputs changed, as `repo/w.json`.
    pub fn workflow(&self, base: &str, set: &[(&str, &str)]) {
        let path = format!("{}/fixtures/rules/base/{base}.api.json", env!("CARGO_MANIFEST_DIR"));
        let mut graph: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (key, value) in set {
            let (node, input) = key.split_once('.').unwrap();
            graph[node]["inputs"][input] = Value::String((*value).to_owned());
        }
        self.write("repo/w.json", &serde_json::to_string_pretty(&graph).unwrap());
    }

    pub fn run(&self, args: &[&str]) -> (i32, String) {
        self.run_with(args, &[])
    }

    /// Exit code and both streams, in the folder `repo`.
    pub fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.args(args).current_dir(self.path("repo")).env_clear().env("CI", "1");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (output.status.code().unwrap(), text)
    }
}
