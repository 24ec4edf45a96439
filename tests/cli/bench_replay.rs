//! `wanlint bench --replay`: the founding record, and records that are none.

use super::{stdout, wanlint};

const RECORD: &str = "fixtures/rtx5090/bench.json";

#[test]
fn the_founding_record_proves_little() {
    let text = stdout(&["bench", "--replay", RECORD]);
    let prose = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        // One run each.
        "Nothing is proven by 153.3 s against 120.0 s: one measured run each.",
        "Nothing is proven by 146.0 s against 120.0 s: one measured run each.",
        // 153.3 - 120 is what loading takes.
        "It took 33.3 s more than the baseline, and a cold run of the baseline takes 34.0 s more than a warm one: was this a first run?",
        // 2 x (32.78 - 17.38).
        "30.8 s more in a bar of 2 steps is an ordinary cost of a first step",
        "WAN21 was loaded otherwise: partially, 11329.26 MiB usable, 2299.82 MiB offloaded, in the baseline completely, 14971.79 MiB usable.",
        // (4096 - 700) MiB of reserve, and 246.53 of what others held.
        "Usable changed by -3642.53 MiB: -3396.00 MiB by --reserve-vram 4, -246.53 MiB by what other programs held, by the forecast. \
         --use-pytorch-cross-attention, TORCH_COMPILE=1 does nothing to it.",
        // A bar of 2 steps hides at most 0.75 of one: 17.38 / (1 - 0.375).
        "A step of node 86 took 27.8 s at most, and the bound on this card is 29.3 s: not everything ran in 16 bit.",
        // 2299.82 MiB at 3 GB/s.
        "2300 MiB more in system memory cost at most 0.80 s a step",
        // 146 - 4 x 32.78 and 120 - 4 x 17.38 (of the first bar).
        "4 steps of that length would leave 14.9 s of the 146.0 s of the measured run for all else, which takes 50.5 s in the baseline.",
    ] {
        assert!(prose.contains(said), "{said}\n{text}");
    }
    assert!(!prose.contains("Slower:") && !prose.contains("Faster:"), "{text}");
}

#[test]
fn markdown_json_and_html_say_the_same() {
    let markdown = stdout(&["bench", "--replay", RECORD, "--output-format", "markdown"]);
    assert!(
        markdown.contains("\n| FlashAttention | - | 153.3 s (1 run) | - | - | not proven: one run |\n"),
        "{markdown}"
    );
    let json = super::json(&["bench", "--replay", RECORD, "--output-format", "json"]);
    assert_eq!(json["verdict"]["variants"][1]["against"]["answer"], "one-run");
    assert_eq!(json["record"]["runs"].as_array().unwrap().len(), 5);
    // What it prints is read again.
    let folder = tempfile::tempdir().unwrap();
    let again = folder.path().join("again.json");
    std::fs::write(&again, json["record"].to_string()).unwrap();
    assert_eq!(stdout(&["bench", "--replay", again.to_str().unwrap()]), stdout(&["bench", "--replay", RECORD]));
    let html = stdout(&["bench", "--replay", RECORD, "--output-format", "html"]);
    assert!(html.contains("<circle class=\"run\"") && html.contains("Nothing is proven by 153.3 s"), "{html}");
    let page = folder.path().join("page.html");
    assert_eq!(stdout(&["bench", "--replay", RECORD, "--output-format", "html", "-o", page.to_str().unwrap()]), "");
    assert_eq!(std::fs::read_to_string(page).unwrap(), html);
}

/// What a bench of a hostile name prints.
fn hostile(format: &str) -> String {
    let record = std::fs::read_to_string(RECORD).unwrap();
    let record = record.replace("FlashAttention", r"<b onclick='x'>|\u001b[31m::error::");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.json");
    std::fs::write(&file, record).unwrap();
    stdout(&["bench", "--replay", file.to_str().unwrap(), "--output-format", format])
}

#[test]
fn names_are_no_markup() {
    for format in ["text", "markdown", "html", "json"] {
        let text = hostile(format);
        assert!(!text.contains('\u{1b}'), "{format}");
        assert!(format == "json" || !text.contains("::error::"), "{format}");
    }
    assert!(!hostile("html").contains("<b ") && !hostile("markdown").contains("<b "));
    assert!(hostile("markdown").contains(r"&lt;b onclick='x'>\|"));
}

#[test]
fn what_is_no_record_is_refused_with_a_reason() {
    let record = std::fs::read_to_string(RECORD).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.json");
    let endless = "[".repeat(100_000);
    for (text, why) in [
        (String::new(), "it is no JSON of a bench"),
        (endless, "it is no JSON of a bench"),
        ("{}".to_owned(), "it is no record of a bench"),
        (r#"{"kind": "wanlint run"}"#.to_owned(), "wanlint log shows it"),
        (record.replace("\"schema\": 1", "\"schema\": 2"), "its schema is 2, and this wanlint reads 1"),
        (record.replace("153.3", "-1"), "run 3 of 5: seconds is -1"),
        (record.replace("153.3", "1e300"), "run 3 of 5: seconds is 1"),
        (record.replace("153.3", "1e999"), "number out of range"),
        (record.replace("153.3", "\"x\""), "expected f64"),
        (record.replace("\"role\": \"cold\"", "\"role\": \"hot\""), "unknown variant `hot`"),
        (
            record.replace("\"variant\": \"FlashAttention\"", "\"variant\": \"x\""),
            "run 3 of 5: there is no variant 'x'",
        ),
        (
            record.replace("\"name\": \"FlashAttention\"", "\"name\": \"baseline\""),
            "two variants are called 'baseline'",
        ),
        (
            record.replace("\"baseline\": \"baseline\"", "\"baseline\": \"x\""),
            "its baseline 'x' is none of its variants",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = wanlint(&["bench", "--replay", file.to_str().unwrap()]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{why}");
        assert!(said.contains(why) && said.len() < 600, "{why}: {said}");
    }
    assert_eq!(wanlint(&["bench", "--replay", "no-such-file"]).status.code(), Some(2));
}
