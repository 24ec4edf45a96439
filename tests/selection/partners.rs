//! Partners: a checked file goes with what lies nearest to it, whichever others were named with it.

use super::Folder;

const WORKFLOW: &str = include_str!("../../fixtures/rules/base/two-pass.api.json");
const START: &str = "python main.py\n";

/// Two projects in one repository, a start that belongs to none of them, and a start in their root.
fn folder() -> Folder {
    let other = WORKFLOW.replace("\"width\": 832", "\"width\": 640");
    assert_ne!(WORKFLOW, other);
    Folder::new(&[
        (".git/HEAD", ""),
        ("a/deep/flow.json", WORKFLOW),
        ("a/start.sh", "python main.py --lowvram\n"),
        ("b/flow.json", &other),
        ("b/start.sh", "python main.py --novram\n"),
        ("c/start.sh", "python main.py --highvram\n"),
        ("start.sh", START),
    ])
}

/// `workflow on start` of every target.
fn pairs(folder: &Folder, args: &[&str]) -> Vec<String> {
    let (_, text) = folder.run(&[&["check", "--show-facts"], args].concat());
    text.lines().filter_map(|line| line.strip_prefix("target = ")).map(str::to_owned).collect()
}

const BOTH: [&str; 2] = ["a/deep/flow.json on a/start.sh", "b/flow.json on b/start.sh"];

#[test]
fn each_workflow_finds_its_own_start() {
    let folder = folder();
    assert_eq!(pairs(&folder, &["a/deep/flow.json", "b/flow.json"]), BOTH);
    // A start of another project that was named with them changes nothing.
    assert_eq!(pairs(&folder, &["a/deep/flow.json", "b/flow.json", "c/start.sh"]), BOTH);
    assert_eq!(pairs(&folder, &["."]).iter().map(|pair| pair.replace("./", "")).collect::<Vec<_>>(), BOTH);
}

#[test]
fn a_start_finds_workflows_although_others_were_named() {
    assert_eq!(pairs(&folder(), &["a/deep/flow.json", "b/start.sh"]), BOTH);
}

#[test]
fn an_entry_for_one_workflow_is_none_for_another() {
    let folder = folder();
    folder.write("wanlint.toml", "[[target]]\nlaunch = \"c/start.sh\"\nworkflow = \"b/flow.json\"\n");
    assert_eq!(pairs(&folder, &["a/deep/flow.json"])[0], BOTH[0]);
    assert_eq!(pairs(&folder, &["b/flow.json"]), ["b/flow.json on c/start.sh"]);
}

/// A folder that has no start of its own goes with all under the nearest that has one, also with those found for another before.
#[test]
fn the_nearest_folder_counts_whole() {
    let folder = folder();
    folder.write("d/flow.json", &WORKFLOW.replace("\"width\": 832", "\"width\": 480"));
    let pairs = pairs(&folder, &["a/deep/flow.json", "d/flow.json"]);
    let of_d: Vec<&str> = pairs.iter().filter_map(|pair| pair.strip_prefix("d/flow.json on ")).collect();
    assert_eq!(pairs[0], BOTH[0]);
    for start in ["a/start.sh", "b/start.sh", "c/start.sh", "start.sh"] {
        assert!(of_d.iter().any(|on| on.contains(start)), "{start}: {pairs:?}");
    }
}

#[test]
fn a_start_that_was_named_is_the_one() {
    let folder = folder();
    folder.write("b/other.sh", START);
    assert_eq!(pairs(&folder, &["b/flow.json", "b/start.sh"]), BOTH[1..]);
    assert_eq!(pairs(&folder, &["b/flow.json", "--launch", "c/start.sh"]), ["b/flow.json on c/start.sh"]);
}
