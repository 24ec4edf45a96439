//! What `wanlint run --dry-run` shows.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::host::Choice;
use crate::report::{Report as _, full::Full, json as report, safe, summary};
use crate::run::inputs::picture::Picture;
use crate::run::prompt::Prompt;
use crate::run::verify::Verified;
use crate::workflow::convert::indented;

/// A run before it happens.
pub(super) struct Plan<'a> {
    pub(super) verified: &'a Verified,
    pub(super) prompt: &'a Prompt,
    pub(super) pictures: &'a [Picture],
    /// Why nothing is sent.
    pub(super) stops: &'a [String],
    /// The server, in words.
    pub(super) start: Vec<String>,
    /// Nothing would be sent in any case.
    pub(super) dry: bool,
}

/// The server, or what would start one; why that cannot be, where it cannot.
pub(super) fn start(choice: &Result<Option<Choice>, String>) -> Vec<String> {
    match choice {
        Ok(None) => vec!["no server is named".to_owned()],
        Ok(Some(Choice::There(address))) => vec![format!("would be sent to {address}")],
        Ok(Some(Choice::Starts(command))) => {
            command.shown().iter().map(|line| format!("would start: {line}")).collect()
        }
        Err(why) => vec![format!("no server would run it: {why}")],
    }
}

impl Plan<'_> {
    /// For people: the findings, what goes in, and the prompt.
    pub(super) fn text(&self, color: bool) -> Result<String, String> {
        let mut findings = Vec::new();
        let report = Full { color, quiet: false };
        report.write(&self.verified.outcome, &mut findings).map_err(|error| error.to_string())?;
        let mut out = String::from_utf8_lossy(&findings).into_owned();
        let _ = writeln!(out, "\nprompt: {}, sha256 {}", summary::counted(self.nodes(), "node"), self.prompt.hash());
        for change in &self.verified.changes {
            let _ = writeln!(out, "  {}", safe::line(&change.to_string()));
        }
        for picture in self.pictures {
            let path = picture.path.display().to_string();
            let _ = writeln!(out, "  upload: {} as {} ({} bytes)", safe::line(&path), picture.name, picture.size);
        }
        for lost in &self.verified.lost {
            let _ = writeln!(out, "  note: {}", safe::line(lost));
        }
        if self.prompt.needs_key() {
            let _ = writeln!(out, "  a node calls a paid service: it asks for COMFY_API_KEY");
        }
        for line in self.start.iter().filter(|_| self.dry) {
            let _ = writeln!(out, "  {}", safe::line(line));
        }
        for stop in self.stops {
            let words = if self.dry { "would not run" } else { "not run" };
            let _ = writeln!(out, "{words}: {}", safe::line(stop));
        }
        if self.dry {
            let _ = writeln!(out, "{}", safe::plain(&indented(self.prompt.json())));
        }
        Ok(out)
    }

    /// For scripts.
    pub(super) fn json(&self) -> String {
        safe::json(&format!("{:#}\n", self.value()))
    }

    /// The same as the only event.
    pub(super) fn line(&self) -> String {
        let mut value = self.value();
        value["event"] = json!(if self.dry { "plan" } else { "stopped" });
        safe::json(&format!("{value}\n"))
    }

    fn value(&self) -> Value {
        let verified = self.verified;
        let change = |change: &crate::run::inputs::Change| {
            json!({
                "flag": change.flag, "node": change.node, "title": change.title, "input": change.input,
                "before": parsed(change.before.as_deref()), "after": parsed(Some(&change.after)),
            })
        };
        let upload = |picture: &Picture| json!({"path": picture.path.display().to_string(), "name": picture.name, "bytes": picture.size});
        let value = json!({
            "schema": 1,
            "dry_run": self.dry,
            "prompt": { "sha256": self.prompt.hash(), "nodes": self.nodes(), "json": parsed(Some(self.prompt.json())) },
            "changes": verified.changes.iter().map(change).collect::<Vec<_>>(),
            "uploads": self.pictures.iter().map(upload).collect::<Vec<_>>(),
            "not_carried_over": verified.lost,
            "needs_key": self.prompt.needs_key(),
            "server": self.start,
            "stopped": self.stops,
        });
        let mut value = safe::masked(value);
        value["check"] = report::value(&verified.outcome);
        value
    }

    fn nodes(&self) -> usize {
        self.verified.graph.real().count()
    }
}

fn parsed(json: Option<&str>) -> Value {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Value::Null)
}
