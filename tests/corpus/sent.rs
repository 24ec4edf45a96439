//! Values find their places in the official templates of Wan, or are refused: never put into one of two.

use std::path::Path;

use wanlint::Options;
use wanlint::config::Config;
use wanlint::finding::{Finding, Severity};
use wanlint::run::inputs::{Role, Wish};
use wanlint::run::verify::{Question, Verified, verify};

use super::official::templates;
use super::{NOTHING, files, staged, told};

const VALUES: [(Role, &str); 10] = [
    (Role::Width, "640"),
    (Role::Height, "480"),
    (Role::Frames, "49"),
    (Role::Seed, "42"),
    (Role::Prompt, "a \"cat\"\n{on|in} a boat"),
    (Role::Negative, ""),
    (Role::Fps, "24"),
    (Role::Steps, "12"),
    (Role::Cfg, "2.5"),
    (Role::Batch, "2"),
];

fn verified(path: &Path, (role, value): (Role, &str)) -> Result<Verified, String> {
    let options = Options::new(vec![path.to_path_buf()], Config::default(), NOTHING.machine());
    verify(&Question { options: &options, wishes: &[Wish::Role(role, value.to_owned())], seed: None })
}

/// Errors that the file does not have.
fn errors(found: &Verified) -> Vec<String> {
    let new = |finding: &&Finding| finding.severity == Severity::Error && finding.primary.file != found.workflow;
    found.outcome.findings.iter().filter(new).map(|finding| told(&found.outcome, finding)).collect()
}

#[test]
fn values_arrive_or_are_refused() {
    let Some(folder) = templates() else { return };
    let copy = staged(&folder, ".json");
    let (mut arrived, mut refused) = ([0; 10], [0; 10]);
    let wan = files(copy.path(), ".json").into_iter().filter(|path| path.to_string_lossy().contains("video_wan"));
    for (nth, path) in wan.enumerate() {
        for at in [nth % 10, (nth + 3) % 10, (nth + 6) % 10] {
            match verified(&path, VALUES[at]) {
                Ok(found) => {
                    arrived[at] += 1;
                    assert_eq!(errors(&found), [""; 0], "{}: {:?}", path.display(), VALUES[at]);
                    assert!(!found.changes.is_empty(), "{}: {:?}", path.display(), VALUES[at]);
                    assert!(serde_json::from_str::<serde_json::Value>(&found.json).is_ok());
                }
                Err(why) => {
                    assert!(why.starts_with(VALUES[at].0.flag()), "{}: {:?}: {why}", path.display(), VALUES[at]);
                    refused[at] += 1;
                }
            }
        }
    }
    println!("arrived {arrived:?}, refused {refused:?}");
    assert!(arrived.iter().all(|&count| count > 0), "{arrived:?}, refused {refused:?}");
}
