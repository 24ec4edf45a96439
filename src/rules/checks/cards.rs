//! LAUNCH050, ENV020, GPU003, GPU013: all cards of the machine, and its driver.

use crate::facts::launch::Launch;
use crate::facts::machine::TorchBuild;
use crate::facts::os::Os;
use crate::facts::versions::Version;
use crate::finding::{FileIx, Location};
use crate::fix::{Act, Verb};
use crate::project::WorkflowFile;
use crate::read::script::Dialect;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{LaunchView, ProjectView, called, node_ref};
use crate::span::Span;
use crate::workflow::graph::NodeIx;

const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";
const ORDER: &str = "CUDA_DEVICE_ORDER";

/// The oldest release that was seen to leave one card visible on Windows; that of 0.29.0 does not.
const ONE_CARD_ON_WINDOWS: Version = Version::new(0, 33, 0);

/// The first branch of the driver that runs a major version of CUDA.
const BRANCHES: [(u32, u32); 3] = [(130, 580), (120, 525), (110, 450)];

/// LAUNCH050: an index beyond the last card.
pub fn missing(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some(choice) = choice(view.launch) else { return };
    let Some(cards) = &view.of.machine.host.cards else { return sink.not_checked(rule, Need::Cards) };
    if choice.first as usize >= cards.len() {
        let fill = [
            ("what", choice.what.to_owned()),
            ("index", choice.first.to_string()),
            ("count", cards.len().to_string()),
            ("last", cards.len().saturating_sub(1).to_string()),
        ];
        sink.fire(rule, view.at(choice.span), &fill);
    }
}

/// ENV020: cards that differ are chosen by number, and nothing says how they are counted.
pub fn order(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some(choice) = choice(view.launch) else { return };
    // A container counts the cards that it was given.
    let boxed = matches!(view.launch.dialect, Dialect::Dockerfile | Dialect::Compose);
    if view.launch.env(ORDER).is_some() || view.launch.unknown_args || boxed {
        return;
    }
    let Some(cards) = &view.of.machine.host.cards else { return sink.not_checked(rule, Need::Cards) };
    let Some(other) = cards.iter().find(|name| **name != cards[0]) else { return };
    let fill = [
        ("what", choice.what.to_owned()),
        ("index", choice.first.to_string()),
        ("first", cards[0].clone()),
        ("other", other.clone()),
    ];
    let set = Act::At(Verb::AddVariable, view.at(view.launch.span), format!("{ORDER}=PCI_BUS_ID"));
    sink.fire(rule, view.at(choice.span), &fill).offer("order", vec![set], &fill);
}

/// How a start chooses its card.
struct Choice {
    what: &'static str,
    first: u32,
    span: Span,
}

/// The first index counts: CUDA reads the list up to the first index that is none.
fn choice(launch: &Launch) -> Option<Choice> {
    let first = |text: &str| text.split(',').next().and_then(|first| first.trim().parse::<u32>().ok());
    for what in ["--cuda-device", "--default-device"] {
        if let Some(flag) = launch.flag(what) {
            let value = flag.value().filter(|value| value.known)?;
            return Some(Choice { what, first: first(&value.text)?, span: flag.whole });
        }
    }
    let var = launch.env(VISIBLE).filter(|var| var.value.known && var.certain && !launch.unknown_args)?;
    let value = var.value.text.trim().trim_matches(['"', '\'']);
    Some(Choice { what: VISIBLE, first: first(value)?, span: var.span })
}

/// GPU003: a driver older than torch's CUDA needs.
pub fn old_driver(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let machine = view.of.machine;
    let Some(TorchBuild::Cuda(cuda)) = machine.torch_build else { return };
    let Some((_, needed)) = BRANCHES.into_iter().find(|(first, _)| cuda >= *first) else { return };
    if ["--cpu", "--directml"].iter().any(|flag| view.launch.flag(flag).is_some()) {
        return;
    }
    match machine.host.driver_branch() {
        None => sink.not_checked(rule, Need::Driver),
        Some(branch) if branch >= needed => {}
        Some(_) => {
            let torch = machine.torch.map(|version| format!("{version}+cu{cuda}")).unwrap_or_default();
            let driver = machine.host.driver.clone().unwrap_or_default();
            let fill =
                [("torch", torch), ("driver", driver), ("needed", needed.to_string()), ("cuda", cuda_name(cuda))];
            sink.fire(rule, view.at(view.launch.main.span), &fill);
        }
    }
}

/// 128 is 12.8.
fn cuda_name(cuda: u32) -> String {
    format!("{}.{}", cuda / 10, cuda % 10)
}

/// GPU013: a workflow that names a second card, where ComfyUI leaves only the first visible.
pub fn one_visible(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        let Some(workflow) = view.files[target.workflow].workflow() else { continue };
        let Some((node, span, device)) = second_card(workflow) else { continue };
        for (place, launch) in target.starts(view.files) {
            match sees_one(view, launch) {
                None => sink.not_checked(rule, Need::Comfyui),
                Some(false) => {}
                Some(true) => {
                    let who = node_ref(workflow, node);
                    let fill = [("node", called(&who)), ("device", device.clone())];
                    let finding = sink.fire(rule, Location { file: target.workflow, span }, &fill).about(who);
                    finding.targets.push(target.name_on(view.files, &[place]));
                    finding.offer("all-cards", with_all_cards(view, target.workflow), &[]);
                    break;
                }
            }
        }
    }
}

/// Whether a start leaves only the first card visible; `None` where that depends on a version that nobody stated.
fn sees_one(view: &ProjectView, launch: &Launch) -> Option<bool> {
    let windows = view.machine.os.or(launch.os) == Some(Os::Windows);
    if !windows || is_chosen(launch) {
        return Some(false);
    }
    let version = view.machine.comfyui.or_else(|| launch.checkout.as_ref().map(|found| found.version));
    version.map(|version| version >= ONE_CARD_ON_WINDOWS)
}

/// All cards for every start of the workflow that sees one only: while there is another, the finding stays.
fn with_all_cards(view: &ProjectView, workflow: FileIx) -> Vec<Act> {
    let targets = view.targets.iter().filter(|target| target.workflow == workflow);
    let starts = targets.flat_map(|target| target.starts(view.files));
    let blind = starts.filter(|(_, launch)| sees_one(view, launch) == Some(true));
    let mut places: Vec<Location> =
        blind.map(|(place, launch)| Location { file: place.0, span: launch.span }).collect();
    places.sort();
    places.dedup();
    places.into_iter().map(|place| Act::At(Verb::AddFlag, place, "--cuda-device all".to_owned())).collect()
}

/// The start says which cards are visible, or may do so.
fn is_chosen(launch: &Launch) -> bool {
    let flags = ["--cuda-device", "--default-device", "--cpu", "--directml"];
    launch.unknown_args || launch.env(VISIBLE).is_some() || flags.iter().any(|flag| launch.flag(flag).is_some())
}

/// The first input that names another card than the first: `cuda:1`, `gpu:1`.
fn second_card(workflow: &WorkflowFile) -> Option<(NodeIx, Span, String)> {
    let graph = &workflow.graph;
    let is_other = |text: &str| {
        let index = text.strip_prefix("cuda:").or_else(|| text.strip_prefix("gpu:"));
        index.is_some_and(|index| index.parse::<u32>().is_ok_and(|index| index > 0))
    };
    graph.real().find_map(|node| {
        let input = graph.get(node)?.inputs.iter().find(|input| input.value.as_text().is_some_and(is_other))?;
        Some((node, input.span, input.value.as_text()?.to_owned()))
    })
}
