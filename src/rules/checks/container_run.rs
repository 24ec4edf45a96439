//! ENV027, SEC013: what a container that runs ComfyUI gets from the machine, in a compose file or from `docker run`.

use super::open_server::publishes;
use crate::fix::{Act, Verb};
use crate::project::{Content, ScriptFile};
use crate::read::script::{Command, Container, Dialect, Step, Word, base_name};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;
use crate::span::Span;

/// Options of `docker run` by which a container gets a card.
const GPU: [&str; 4] = ["--gpus", "--runtime", "--device", "--privileged"];

/// Words in the names of images that want no NVIDIA card.
const OTHER: [&str; 5] = ["cpu", "rocm", "amd", "xpu", "intel"];

/// ENV027: no card.
pub fn without_gpu(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Content::Script(script) = &view.file.content else { return };
    for command in docker_runs(script).filter(|command| !GPU.iter().any(|option| has(command, option))) {
        let finding = sink.fire(rule, view.at(command.span), &[("name", "docker run".to_owned())]);
        let docker = |word: &Word| base_name(&word.text).to_lowercase().starts_with("docker");
        // podman has another word for it.
        if command.words.iter().take(2).any(docker)
            && let Some(run) = command.words.iter().find(|word| word.text == "run")
        {
            let all = Act::At(Verb::AddWords, view.at(run.span), "--gpus all".to_owned());
            finding.offer("all-gpus", vec![all], &[]);
        }
    }
    for container in services(script).filter(|container| container.gpu.is_none() && container.privileged.is_none()) {
        sink.fire(rule, view.at(container.span), &[("name", container.name.clone())]);
    }
}

/// SEC013: all rights on the host.
pub fn privileged(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Content::Script(script) = &view.file.content else { return };
    for command in docker_runs(script).filter(|command| has(command, "--privileged")) {
        sink.fire(rule, view.at(command.span), &[("name", "docker run".to_owned())]);
    }
    for container in services(script) {
        if let Some(span) = at_risk(container) {
            sink.fire(rule, view.at(span), &[("name", container.name.clone())]);
        }
    }
}

/// Privileged, and reachable from outside.
fn at_risk(container: &Container) -> Option<Span> {
    let reachable = container.host_network.is_some() || publishes(container);
    container.privileged.filter(|_| reachable)
}

/// Compose services whose name or image speaks of ComfyUI, on an image for NVIDIA cards.
fn services(script: &ScriptFile) -> impl Iterator<Item = &Container> {
    let compose = script.script.dialect == Dialect::Compose;
    let on_cpu = script.launches.iter().any(|launch| launch.flag("--cpu").is_some() || launch.unknown_args);
    script.script.containers.iter().filter(move |container| compose && !on_cpu && is_comfy(container))
}

fn is_comfy(container: &Container) -> bool {
    let image = container.image.as_ref();
    let known = image.is_none_or(|image| image.known);
    let text = format!("{} {}", container.name, image.map_or("", |image| image.text.as_str())).to_lowercase();
    known && text.contains("comfy") && !OTHER.iter().any(|word| text.contains(word))
}

/// `docker run ... IMAGE` with an image of ComfyUI and nothing on the line that is not known.
pub(super) fn docker_runs(script: &ScriptFile) -> impl Iterator<Item = &Command> {
    let commands = script.script.steps.iter().filter_map(|step| match step {
        Step::Command(command) => Some(command),
        Step::Assign(_) => None,
    });
    commands.filter(|command| is_docker_run(command) && command.words.iter().all(|word| word.known))
}

fn is_docker_run(command: &Command) -> bool {
    let words: Vec<String> = command.words.iter().map(|word| word.text.to_lowercase()).collect();
    let start = words.iter().position(|word| matches!(base_name(word).trim_end_matches(".exe"), "docker" | "podman"));
    let Some(words) = start.filter(|&start| start < 2).map(|start| &words[start + 1..]) else { return false };
    let image = words.iter().any(|word| !word.starts_with(['-', '/', '.', '~']) && is_image_of_comfy(word));
    words.first().is_some_and(|word| word == "run")
        && image
        && !words.iter().any(|word| word == "--cpu" || OTHER.iter().any(|other| word.contains(other)))
}

/// `yanwk/comfyui-boot:cu128`; volumes (`a:/b`), names and variables are none.
fn is_image_of_comfy(word: &str) -> bool {
    let tagged = word.contains('/') || word.contains(':') || word.contains("comfyui");
    word.contains("comfy") && tagged && !word.contains(":/") && !word.contains('=')
}

fn has(command: &Command, option: &str) -> bool {
    command.words.iter().any(|word| word.text == option || word.text.starts_with(&format!("{option}=")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::script::{Script, Word};

    fn script(container: Container) -> ScriptFile {
        let mut script = Script::new(Dialect::Compose);
        script.containers.push(container);
        ScriptFile { script, launches: Vec::new(), paths: Default::default() }
    }

    fn service(image: &str) -> Container {
        Container { name: "web".to_owned(), image: Some(Word::plain(image, 0)), ..Container::default() }
    }

    #[test]
    fn only_services_of_comfyui_on_nvidia() {
        assert_eq!(services(&script(service("me/comfyui:cu128"))).count(), 1);
        assert_eq!(services(&script(service("me/comfyui:rocm6"))).count(), 0);
        assert_eq!(services(&script(service("postgres:16"))).count(), 0);
    }

    #[test]
    fn privileged_counts_where_it_can_be_reached() {
        let open = Container { privileged: Some(Span::new(1, 2)), ..service("comfyui") };
        assert_eq!(at_risk(&open), None);
        let published = Container { ports: vec![Word::plain("8188:8188", 0)], ..open };
        assert_eq!(at_risk(&published), Some(Span::new(1, 2)));
    }
}
