//! Launchers as people publish them, on several machines: all of them work, so none gets a warning.

use super::{Allowed, Facts, NOTHING, RTX_4090, RTX_5090, alarms, codes, files, lint, repository, staged};

/// Findings that are true of a published launcher under one of the machines below.
const TRUE_FINDINGS: &[Allowed] = &[];

/// Versions from before most flags to the newest that the catalog knows.
const VERSIONS: [&str; 6] = ["", "0.3.64", "0.3.70", "0.10.0", "0.22.0", "0.33.0"];

#[test]
fn published_launchers_get_no_warning() {
    let copy = staged(&repository().join("fixtures/real"), "");
    let cards = [NOTHING, RTX_5090, RTX_4090, Facts { gpu: "NVIDIA GeForce RTX 3060", ..NOTHING }];
    let mut checked = 0;
    for file in files(copy.path(), "").iter().filter(|path| path.extension().is_some_and(|ending| ending != "md")) {
        for (card, version) in cards.iter().flat_map(|card| VERSIONS.map(|version| (card, version))) {
            let outcome = lint(file, Facts { os: "", comfyui: version, ..*card });
            assert_eq!(alarms(&outcome, TRUE_FINDINGS), Vec::<String>::new(), "ComfyUI {version}");
            if version == "0.33.0" {
                println!("{}: {:?} on {}", file.file_name().unwrap().display(), codes(&outcome), card.gpu);
            }
            checked += 1;
        }
    }
    assert!(checked >= 8 * 4 * VERSIONS.len(), "{checked}");
}

#[test]
fn each_published_launcher_is_seen_as_one() {
    let copy = staged(&repository().join("fixtures/real"), "");
    let outcome = lint(copy.path(), NOTHING);
    for file in &outcome.files {
        let queues = file.source.path().ends_with("queue_clip.sh");
        assert_eq!(file.launches().is_empty(), queues, "{}", file.source.shown_path());
    }
}
