//! Workflows inside media files: every container, every lie it can tell, and what a run says about them.

// clippy.toml's exceptions for tests do not reach helper functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "media/broken.rs"]
mod broken;
#[path = "media/build.rs"]
mod build;
#[path = "media/hostile.rs"]
mod hostile;
#[path = "media/properties.rs"]
mod properties;
#[path = "media/readers.rs"]
mod readers;
#[path = "media/runs.rs"]
mod runs;
#[path = "media/samples.rs"]
mod samples;

use std::io::Cursor;

use wanlint::read::media::Media;

/// A prompt with a fault that a rule knows: 80 frames.
const PROMPT: &str = r#"{"98": {"class_type": "WanImageToVideo", "inputs": {"length": 80, "width": 832, "height": 480, "batch_size": 1}}}"#;

/// A workflow of the browser that holds no node.
const WORKFLOW: &str = r#"{"nodes": [], "links": [], "version": 0.4}"#;

/// What is in some bytes; they must be those of a container.
#[track_caller]
fn read(bytes: &[u8]) -> Media {
    Media::read(&mut Cursor::new(bytes)).unwrap().unwrap()
}

/// A text as it was found.
fn text(bytes: &Option<Vec<u8>>) -> Option<&str> {
    bytes.as_deref().map(|bytes| std::str::from_utf8(bytes).unwrap())
}
