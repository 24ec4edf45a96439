//! Which samplers share a schedule, and the noise level at which one hands over to the next.

use std::path::Path;

use wanlint::facts::workflow::{Shift, WorkflowFacts, facts};

use super::read;

fn base(name: &str) -> WorkflowFacts {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/rules/base/{name}.api.json"));
    facts(&read(&std::fs::read_to_string(path).unwrap()).unwrap())
}

#[test]
fn two_stages_are_one_run_and_meet_at_one_level() {
    let facts = base("two-pass");
    assert_eq!(facts.samplers.len(), 2);
    let [run] = &facts.runs()[..] else { panic!("{:?}", facts.runs()) };
    let (first, second) = (&facts.samplers[run[0]], &facts.samplers[run[1]]);
    assert_eq!((first.step_count(), second.step_count()), (Some(2), Some(2)));
    assert!(matches!(first.model.shift, Shift::Node(..)));
    let (stops, starts) = (first.wan_noise(2).unwrap(), second.wan_noise(2).unwrap());
    assert!((stops - 5.0 / 6.0).abs() < 1e-9 && stops == starts, "{stops} {starts}");
    assert_eq!((first.wan_noise(0), second.wan_noise(4)), (Some(1.0), Some(0.0)));
    assert!(first.model.distilled_lora().is_some());
}

#[test]
fn one_sampler_is_a_run_of_its_own() {
    let facts = base("t2v");
    assert_eq!(facts.runs(), [vec![0]]);
    assert!(facts.samplers[0].model.distilled_lora().is_none());
    assert_eq!(facts.samplers[0].model.wan_shift(), Some(8.0));
}

/// A LoRA loader of a custom pack hides which weights are used, and not which schedule.
#[test]
fn unread_loras_leave_the_schedule_known() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/base/two-pass.api.json");
    let text = std::fs::read_to_string(path).unwrap();
    let replaced = text.replace("LoraLoaderModelOnly", "Power Lora Loader (rgthree)");
    let custom = facts(&read(&replaced).unwrap());
    let merged = facts(&read(&text.replace("LoraLoaderModelOnly", "SomebodysMerge")).unwrap());
    for (facts, schedule) in [(custom, true), (merged, false)] {
        let model = &facts.samplers[0].model;
        assert!(!model.certain && model.loras.is_empty());
        assert_eq!((model.schedule_certain, model.wan_shift().is_some()), (schedule, schedule));
    }
}
