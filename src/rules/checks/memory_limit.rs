//! ENV028, ENV029: system memory that is limited below what the models of a paired workflow take.

use super::container_run::docker_runs;
use super::flag_for_ram::sizes;
use crate::facts::os::Os;
use crate::finding::{FileIx, Location};
use crate::forecast::sizes::MIB;
use crate::project::{Content, File};
use crate::read::script::{Command, Container, Dialect, Word};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::ProjectView;
use crate::targets::{Target, lies_in};

/// ENV028: the limit of a container or unit.
pub fn container(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (index, file) in view.files.iter().enumerate() {
        for limit in limits(file) {
            judge(view, (index, limit), |target| runs(view, target, index), (rule, sink));
        }
    }
}

/// ENV029: the limit of WSL, for starts on its Linux side.
pub fn wsl(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (index, file) in view.files.iter().enumerate() {
        let Content::Settings(settings) = &file.content else { continue };
        if let Some(entry) = settings.get("wsl2", "memory") {
            let linux = |target: &Target| target.os == Some(Os::Linux) && !target.launches.is_empty();
            judge(view, (index, &entry.value), linux, (rule, sink));
        }
    }
}

/// The limits that a file states: of compose services and units, and of `docker run`.
fn limits(file: &File) -> Vec<&Word> {
    let Content::Script(script) = &file.content else { return Vec::new() };
    let single = script.script.dialect == Dialect::Service || script.script.containers.len() == 1;
    let comfy = |container: &&Container| single || named(container) || starts(file, container);
    let described = script.script.containers.iter().filter(comfy).filter_map(|container| container.memory.as_ref());
    described.chain(docker_runs(script).filter_map(option)).filter(|word| word.known).collect()
}

fn named(container: &Container) -> bool {
    let image = container.image.as_ref().map_or("", |image| image.text.as_str());
    format!("{} {image}", container.name).to_lowercase().contains("comfy")
}

/// The service is the last one in front of a start.
fn starts(file: &File, container: &Container) -> bool {
    let Content::Script(script) = &file.content else { return false };
    let before = |start: u32| script.script.containers.iter().filter(move |one| one.span.start <= start);
    let last = |start: u32| before(start).map(|one| one.span.start).max();
    script.launches.iter().any(|launch| last(launch.span.start) == Some(container.span.start))
}

/// The value of `--memory` or `-m`.
fn option(command: &Command) -> Option<&Word> {
    let is_name = |word: &Word| matches!(word.text.as_str(), "-m" | "--memory");
    let at = command.words.iter().position(is_name)?;
    command.words.get(at + 1)
}

/// A file goes with the workflows that its starts are paired with; without a start, as in `docker run`, with those beside and below it.
fn runs(view: &ProjectView, target: &Target, file: FileIx) -> bool {
    let script = &view.files[file];
    match script.launches() {
        [] => target.launches.is_empty() && lies_in(view.files[target.workflow].source.path(), script.folder()),
        _ => target.launches.iter().any(|launch| launch.0 == file),
    }
}

/// Fires when card and limit together are smaller than the models: then some of them lie in neither, whatever ComfyUI does.
fn judge(
    view: &ProjectView,
    (file, limit): (FileIx, &Word),
    goes_with: impl Fn(&Target) -> bool,
    (rule, sink): (&'static Rule, &mut Sink),
) {
    let Some(mib) = mib(&limit.text) else { return };
    let mut worst: Option<(f64, f64, &Target)> = None;
    for target in view.targets.iter().filter(|target| goes_with(target)) {
        let models: f64 = sizes(target).iter().sum();
        if models <= mib {
            continue;
        }
        let Some((_, card)) = view.machine.total_mib(target.os) else {
            sink.not_checked(rule, Need::Gpu);
            continue;
        };
        if mib + card < models && worst.is_none_or(|(most, ..)| models > most) {
            worst = Some((models, card, target));
        }
    }
    let Some((models, card, target)) = worst else { return };
    let fill = [
        ("limit", crate::text::gib(mib)),
        ("models", crate::text::gib(models)),
        ("card", crate::text::gib(card)),
        ("written", limit.text.clone()),
    ];
    let location = Location { file, span: limit.span };
    sink.fire(rule, location, &fill).targets.push(target.name(view.files));
}

/// `16g`, `16GB`, `16384M`, a bare number of bytes: all of them in powers of 1024, for Docker, systemd and WSL alike.
fn mib(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim().trim_end_matches("ib").trim_end_matches('b') {
        "" => 1.0,
        "k" => 1024.0,
        "m" => MIB,
        "g" => MIB * 1024.0,
        "t" => MIB * MIB,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * factor / MIB).filter(|mib| *mib > 0.0)
}

#[cfg(test)]
mod tests {
    use super::mib;

    #[test]
    fn sizes_as_written() {
        assert_eq!(mib("16g"), Some(16384.0));
        assert_eq!(mib("16GB"), mib("16 GiB"));
        assert_eq!(mib("1048576"), Some(1.0));
        assert_eq!(mib("512M"), Some(512.0));
        assert!(mib("80%").is_none() && mib("infinity").is_none() && mib("0").is_none() && mib("").is_none());
    }
}
