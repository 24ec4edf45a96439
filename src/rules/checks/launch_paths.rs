//! LAUNCH044, PERF007: where a start looks for folders.

use crate::facts::launch::{Flag, Launch};
use crate::facts::os::Os;
use crate::finding::Severity;
use crate::read::script::{Command, Dialect, Step, Word};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;
use crate::span::Span;

/// Folders whose absence ComfyUI's parser refuses.
const CHECKED: [&str; 3] = ["--front-end-root", "--models-directory", "--user-directory"];

/// Folders that ComfyUI makes when they are not there.
const MADE: [&str; 4] = ["--base-directory", "--input-directory", "--output-directory", "--temp-directory"];

/// LAUNCH044: a folder of Windows in a start that runs on Linux.
pub fn windows_path(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let launch = view.launch;
    // A shell script may run in Git's shell on Windows, and an .exe takes such paths.
    let windows = launch.interpreter.as_ref().is_some_and(|program| program.text.to_lowercase().ends_with(".exe"));
    if launch.os != Some(Os::Linux) || launch.dialect == Dialect::Shell || windows {
        return;
    }
    for name in CHECKED.iter().chain(&MADE) {
        let Some((flag, value)) = known(launch, name).filter(|(_, value)| has_drive(&value.text)) else { continue };
        let refused = CHECKED.contains(name);
        let what = if refused { "ComfyUI refuses it and does not start" } else { "a folder of that odd name is made" };
        let fill = [("flag", (*name).to_owned()), ("path", value.text.clone()), ("what", what.to_owned())];
        let finding = sink.fire(rule, view.at(flag.whole), &fill);
        if !refused {
            finding.graded(Severity::Warning);
        }
    }
}

/// PERF007: models behind the bridge between WSL and Windows, or on a network share.
pub fn slow_disk(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some((span, path)) = models(view) else { return };
    let how = match view.launch.os {
        Some(Os::Linux) if is_bridge(&path) => "WSL reads Windows drives through a file server",
        Some(Os::Windows) if is_share(&path) => "that is a share in the network",
        _ => return,
    };
    sink.fire(rule, view.at(span), &[("path", path), ("how", how.to_owned())]);
}

/// Where the models lie, as far as the start says: the folder of a flag, else that of ComfyUI itself.
fn models(view: &LaunchView) -> Option<(Span, String)> {
    let launch = view.launch;
    for name in ["--models-directory", "--base-directory"] {
        if launch.flag(name).is_some() {
            return known(launch, name).map(|(flag, value)| (flag.whole, value.text.clone()));
        }
    }
    // Further folders of models may be named elsewhere.
    if launch.unknown_args || launch.flag("--extra-model-paths-config").is_some() || !launch.main.known {
        return None;
    }
    if launch.main.text.starts_with(['/', '\\']) {
        return Some((launch.main.span, launch.main.text.clone()));
    }
    entered(view)
}

/// The last folder that the script enters before the start, when it is a whole path.
fn entered(view: &LaunchView) -> Option<(Span, String)> {
    let steps = &view.script.script.steps;
    let mut before = steps.iter().filter_map(|step| match step {
        Step::Command(command) if command.span.start < view.launch.span.start => Some(command),
        _ => None,
    });
    let cd =
        |command: &&Command| command.words.first().is_some_and(|word| matches!(word.text.as_str(), "cd" | "pushd"));
    let last = before.rfind(cd)?;
    let path = last.words.get(1).filter(|path| path.known && last.certain)?;
    Some((path.span, path.text.clone()))
}

fn known<'a>(launch: &'a Launch, name: &str) -> Option<(&'a Flag, &'a Word)> {
    let flag = launch.flag(name)?;
    flag.value().filter(|value| value.known).map(|value| (flag, value))
}

/// `D:\models`.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
}

/// `/mnt/c/models`.
fn is_bridge(path: &str) -> bool {
    path.to_ascii_lowercase().starts_with("/mnt/c/")
}

/// `\\nas\models`, but not the disk of WSL nor a long path.
fn is_share(path: &str) -> bool {
    let rest = path.strip_prefix("\\\\").or_else(|| path.strip_prefix("//"));
    let host = rest.and_then(|rest| rest.split(['\\', '/']).next()).unwrap_or_default().to_ascii_lowercase();
    !host.is_empty() && !["wsl$", "wsl.localhost", "?", ".", "localhost", "127.0.0.1"].contains(&host.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_paths() {
        assert!(has_drive("D:\\x") && has_drive("d:/x") && !has_drive("/d") && !has_drive("D:"));
        assert!(is_bridge("/mnt/c/AI") && !is_bridge("/mnt/models/AI") && !is_bridge("/mnt/d/AI"));
        assert!(is_share("\\\\nas\\models") && is_share("//nas/models"));
        assert!(!is_share("\\\\wsl$\\Ubuntu") && !is_share("\\\\?\\C:\\x") && !is_share("/mnt/c"));
    }
}
