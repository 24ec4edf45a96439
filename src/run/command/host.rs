//! The machine that starts something: its system, environment and paths.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The machine that starts something: this one, or that of a test.
#[derive(Clone, Debug)]
pub struct Host {
    /// It runs Windows.
    pub windows: bool,
    /// The environment of wanlint.
    pub env: BTreeMap<String, String>,
    /// The folder that wanlint runs in.
    pub folder: PathBuf,
}

impl Host {
    /// This machine.
    pub fn this() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            windows: cfg!(windows),
            env: std::env::vars_os().filter_map(text).collect(),
            folder: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// A variable.
    pub(super) fn var(&self, name: &str) -> Option<&str> {
        match self.windows {
            true => {
                self.env.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
            }
            false => self.env.get(name).map(String::as_str),
        }
    }

    /// The path in a text of a script.
    pub(super) fn path(&self, folder: &Path, text: &str) -> PathBuf {
        let text = if self.windows { text.replace('\\', "/") } else { text.to_owned() };
        tidy(&folder.join(text))
    }

    /// Two names of variables are one.
    pub(super) fn same_name(&self, left: &str, right: &str) -> bool {
        if self.windows { left.eq_ignore_ascii_case(right) } else { left == right }
    }
}

/// A path without `.` and `..`, as a shell follows them.
pub(super) fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if tidied.parent().is_some() => drop(tidied.pop()),
            part => tidied.push(part),
        }
    }
    tidied
}
