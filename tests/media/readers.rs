//! Every container gives back what was put in.

use wanlint::read::media::{Container, Media};

use super::build::{self, all};
use super::{PROMPT, WORKFLOW, read, text};

#[test]
fn every_container_gives_both_texts() {
    for (name, container, bytes) in all(&[("prompt", PROMPT), ("workflow", WORKFLOW)]) {
        let media = read(&bytes);
        assert_eq!(media.container, container, "{name}");
        assert_eq!((text(&media.prompt), text(&media.workflow)), (Some(PROMPT), Some(WORKFLOW)), "{name}");
        assert!(media.fault.is_none(), "{name}: {:?}", media.fault);
    }
}

#[test]
fn one_text_alone_is_found() {
    for (key, wanted) in [("prompt", (Some(PROMPT), None)), ("workflow", (None, Some(PROMPT)))] {
        for (name, _, bytes) in all(&[(key, PROMPT)]) {
            let media = read(&bytes);
            assert_eq!((text(&media.prompt), text(&media.workflow)), wanted, "{name}");
            assert!(media.fault.is_none(), "{name}: {:?}", media.fault);
        }
    }
}

#[test]
fn files_without_texts_are_sound() {
    for texts in [&[][..], &[("parameters", "a fox"), ("Software", "x")], &[("prompts", PROMPT)]] {
        for (name, _, bytes) in all(texts) {
            let media = read(&bytes);
            assert!(media.prompt.is_none() && media.workflow.is_none(), "{name}");
            assert!(media.fault.is_none(), "{name}: {:?}", media.fault);
        }
    }
}

#[test]
fn large_texts_and_other_scripts_survive() {
    let long = format!(
        "{{\"text\": \"{}\", \"more\": \"\u{52d5}\u{753b} \u{e9} \u{1f3ac}\"}}",
        "\u{fe}\u{ff}x".repeat(40_000)
    );
    for (name, _, bytes) in all(&[("prompt", &long), ("workflow", WORKFLOW)]) {
        let media = read(&bytes);
        assert!(media.fault.is_none(), "{name}: {:?}", media.fault);
        assert!(text(&media.prompt) == Some(&long), "{name}");
        assert_eq!(text(&media.workflow), Some(WORKFLOW), "{name}");
    }
}

#[test]
fn the_first_of_two_counts_and_what_follows_it_does_not_matter() {
    for (name, _, bytes) in all(&[("prompt", PROMPT), ("workflow", WORKFLOW), ("prompt", "{}")]) {
        // In a JSON object the last one counts, whoever reads it.
        let json = ["comment.mp4", "comment.mov", "comment.webm", "one.latent"].contains(&name);
        assert_eq!(text(&read(&bytes).prompt), Some(if json { "{}" } else { PROMPT }), "{name}");
    }
    let mut cut = build::png(&build::chunks(b"tEXt", &[("prompt", PROMPT), ("workflow", WORKFLOW)]));
    cut.truncate(cut.len() - 20);
    assert!(read(&cut).fault.is_none());
}

#[test]
fn latin_1_becomes_utf_8() {
    let chunk = build::chunk(b"tEXt", b"prompt\0{\"caf\xe9\": 1}");
    assert_eq!(text(&read(&build::png(&[chunk])).prompt), Some("{\"caf\u{e9}\": 1}"));
}

#[test]
fn the_content_decides_and_not_the_name() {
    for (name, container, bytes) in all(&[("prompt", PROMPT)]) {
        assert_eq!(Container::of(&bytes[..bytes.len().min(64)]), Some(container), "{name}");
    }
    let others: [&[u8]; 8] = [
        b"",
        b"{\"3\": {}}",
        b"@echo off\r\n",
        b"\xff\xfeh\0",
        b"GIF89a",
        b"PK\x03\x04",
        b"RIFF____WAVE",
        b"#!/bin/sh\n",
    ];
    for bytes in others {
        assert_eq!(Container::of(bytes), None, "{bytes:?}");
        assert!(Media::read(&mut std::io::Cursor::new(bytes)).unwrap().is_none());
    }
}

#[test]
fn a_comment_that_is_a_sentence_is_left_alone() {
    for comment in ["made with love", "{not json", "{\"prompt\": 7}", "[]", "{}", "{\"prompt\": null}"] {
        let media = read(&build::webm("webm", &build::tags(&[("COMMENT", comment)]), b""));
        assert!(media.fault.is_none() && media.workflow.is_none(), "{comment}");
        assert!(matches!(text(&media.prompt), None | Some("7" | "null")), "{comment}");
    }
}
