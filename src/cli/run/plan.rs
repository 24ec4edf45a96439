//! What `wanlint run --dry-run` shows.

use std::fmt::Write as _;

use serde_json::{Value, json};

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
    /// Why nothing would be sent.
    pub(super) stops: &'a [String],
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
        for stop in self.stops {
            let _ = writeln!(out, "would not run: {}", safe::line(stop));
        }
        let _ = writeln!(out, "{}", safe::plain(&indented(self.prompt.json())));
        Ok(out)
    }

    /// For scripts.
    pub(super) fn json(&self) -> String {
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
            "dry_run": true,
            "prompt": { "sha256": self.prompt.hash(), "nodes": self.nodes(), "json": parsed(Some(self.prompt.json())) },
            "changes": verified.changes.iter().map(change).collect::<Vec<_>>(),
            "uploads": self.pictures.iter().map(upload).collect::<Vec<_>>(),
            "not_carried_over": verified.lost,
            "needs_key": self.prompt.needs_key(),
            "stopped": self.stops,
        });
        let mut value = safe::masked(value);
        value["check"] = report::value(&verified.outcome);
        safe::json(&format!("{value:#}\n"))
    }

    fn nodes(&self) -> usize {
        self.verified.graph.real().count()
    }
}

fn parsed(json: Option<&str>) -> Value {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Value::Null)
}
