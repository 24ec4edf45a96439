//! From the server to the record: what a run does after the files were verified.

use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::execute::{self, Seen, execute};
use super::flags::Wishes;
use super::host::{Choice, Host};
use super::show::Show;
use super::{Arguments, End, Format, prompt};
use crate::Options;
use crate::cli::calibrate;
use crate::cli::output::to_file;
use crate::cli::{Streams, written};
use crate::facts::launch::Launch;
use crate::finding::{Finding, Severity};
use crate::outcome::Outcome;
use crate::report::{Report as _, full::Full, json as report, safe, summary, vram};
use crate::run::gate::{self, Limits};
use crate::run::prompt::Prompt;
use crate::run::record::{self, Facts, Measured};
use crate::run::stop::Stop;
use crate::run::verify::{Question, Verified, verify};
use crate::run::{live, outputs};

/// A run after its files were verified.
pub(super) struct Session<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) options: Options,
    pub(super) wishes: Wishes,
    pub(super) limits: Limits,
    pub(super) stop: Stop,
    pub(super) show: Show,
    pub(super) verified: Verified,
}

impl Session<'_> {
    /// Everything, the server's end included.
    pub(super) fn whole(&mut self, choice: Choice, streams: &mut Streams) -> Result<End, String> {
        self.report_findings(&self.verified.outcome, streams)?;
        let host = match self.arguments.server.host(choice, (&self.show, &self.stop), streams) {
            Ok(host) => host,
            Err(end) => return Ok(end),
        };
        let end = self.with_server(&host, streams);
        self.show.end();
        if let Some(left) = host.finish() {
            self.show.note(&left, streams);
        }
        end
    }

    fn with_server(&mut self, host: &Host, streams: &mut Streams) -> Result<End, String> {
        if let Err(end) = execute::upload(host, &self.wishes.pictures, &self.show, streams) {
            return Ok(end);
        }
        match self.live(host, streams)? {
            Ok(()) => self.turns(host, streams),
            Err(end) => Ok(end),
        }
    }

    /// The second check, with what the server says about itself.
    fn live(&mut self, host: &Host, streams: &mut Streams) -> Result<Result<(), End>, String> {
        let machine = match execute::machine(&self.options.machine, host) {
            Ok(machine) => machine,
            Err(end) => return Ok(Err(end)),
        };
        let mut notes = live::contradictions(&self.options.machine, &machine);
        self.options.machine = machine;
        let scripted = host.started.is_some() && self.options.launch.is_some();
        let script = self.options.launch.clone();
        if !scripted && !host.stats.argv.is_empty() {
            let (name, text) = live::start(host.server.address(), &host.stats);
            self.options.launch = Some(name.clone());
            self.options.more.push((name, text));
        }
        let again = self.verify()?;
        let before = std::mem::replace(&mut self.verified, again);
        let differences = match script.filter(|_| !scripted) {
            Some(script) => self.differences(&script),
            None => Vec::new(),
        };
        notes.extend(differences.iter().map(|one| format!("the server was not started by the script: {one}")));
        self.show.note(&format!("server: {}", summary::machine(&self.options.machine)), streams);
        for note in &notes {
            self.show.note(&format!("note: {note}"), streams);
        }
        for line in vram::lines(&self.verified.outcome) {
            self.show.note(&line, streams);
        }
        self.show.event("server", server(host, &notes), streams);
        self.report_new(&before.outcome, streams)?;
        let mut stops = gate::stops(&self.verified.outcome, self.limits);
        if !differences.is_empty() && self.limits.fail_on <= Severity::Warning {
            stops.push("the server runs with other flags than the script".to_owned());
        }
        Ok(if stops.is_empty() { Ok(()) } else { Err(End::Gate(stops)) })
    }

    fn verify(&self) -> Result<Verified, String> {
        verify(&Question { options: &self.options, wishes: &self.wishes.all, seed: self.wishes.seed })
    }

    /// Where the script that was named and the start of the server part.
    fn differences(&self, script: &std::path::Path) -> Vec<String> {
        let launch = |path: &std::path::Path| -> Option<&Launch> {
            let file = self.verified.outcome.files.iter().find(|file| file.source.path() == path)?;
            match file.launches() {
                [only] => Some(only),
                _ => None,
            }
        };
        let both = launch(script).zip(self.options.launch.as_deref().and_then(launch));
        both.map(|(script, server)| live::differences(script, server)).unwrap_or_default()
    }

    fn turns(&mut self, host: &Host, streams: &mut Streams) -> Result<End, String> {
        for turn in 0..self.arguments.inputs.repeat() {
            if let Some(seed) = self.wishes.seed.filter(|_| turn > 0) {
                self.wishes.reseed(self.arguments.inputs.next_seed(seed));
                self.verified = self.verify()?;
            }
            let end = self.turn(host, streams)?;
            if !matches!(end, End::Done) {
                return Ok(end);
            }
        }
        Ok(End::Done)
    }

    /// One prompt, from the queue to its record.
    fn turn(&mut self, host: &Host, streams: &mut Streams) -> Result<End, String> {
        let prompt = prompt(&self.verified);
        if prompt.needs_key() && !host.server.has_key() {
            self.show.note("note: a node calls a paid service, and COMFY_API_KEY is not set", streams);
        }
        let begun = SystemTime::now();
        let patience = self.arguments.limits.patience();
        let mut seen = execute(host, (&self.verified, &prompt), (patience, &self.stop), &mut self.show, streams);
        let fetched = self.fetch(host, &mut seen, streams);
        let record = self.record(host, &prompt, (&seen, begun), fetched);
        let path = self.keep(&record, &prompt)?;
        if self.arguments.output.calibrate {
            self.calibrate(&record, streams);
        }
        self.show.event("record", json!({"path": path.display().to_string(), "record": record}), streams);
        match self.arguments.output.format {
            Format::Text => {
                let text = crate::report::run::text(&record);
                written(streams.out.write_all(text.as_bytes()))?;
                self.show.note(&format!("record: {}", path.display()), streams);
            }
            Format::Json => written(writeln!(streams.out, "{}", safe::json(&format!("{record:#}"))))?,
            Format::JsonLines => {}
        }
        Ok(seen.end)
    }

    /// What others held goes into the configuration; a run whose card nobody saw changes nothing.
    fn calibrate(&self, record: &Value, streams: &mut Streams) {
        let held = crate::report::run::held_mib(record).map_err(str::to_owned);
        let done = held.and_then(|(held, card)| calibrate::write_held(held, card, &self.options.config));
        let told = done.map_or_else(|why| format!("--calibrate: {why}"), |done| done.to_string());
        for line in told.lines() {
            self.show.note(line, streams);
        }
    }

    /// Brings the files home. What does not come makes the run break off.
    fn fetch(&self, host: &Host, seen: &mut Seen, streams: &mut Streams) -> Vec<Value> {
        let (folder, stop) = (&self.arguments.output.output_dir, || self.stop.asked());
        let mut saved = Vec::new();
        let mut tell = |file: &outputs::Saved| {
            self.show.note(&format!("output: {} ({} bytes)", file.path.display(), file.size), streams);
            saved.push(json!({
                "node": file.file.node, "list": file.file.list, "on_server": super::show::on_server(&file.file),
                "folder": file.file.folder, "path": file.path.display().to_string(), "bytes": file.size,
            }));
        };
        let results = outputs::fetch(&host.server, &seen.files, folder, &stop, &mut tell);
        let failed: Vec<String> =
            results.into_iter().filter_map(|one| one.err().map(|error| error.to_string())).collect();
        if matches!(seen.end, End::Done) && !failed.is_empty() {
            let why = failed.join("; ");
            seen.end = if self.stop.asked() { End::Interrupted(why) } else { End::Broke(why) };
        }
        saved
    }

    fn record(&self, host: &Host, prompt: &Prompt, (seen, begun): (&Seen, SystemTime), outputs: Vec<Value>) -> Value {
        let message = seen.end.message();
        let facts = Facts {
            verified: &self.verified,
            prompt,
            server: &host.server,
            stats: &host.stats,
            command: host.command.clone(),
            begun,
            end: record::End { kind: seen.end.word(), message: &message },
            measured: Measured {
                seconds: seen.seconds,
                nodes: &seen.nodes,
                cached: &seen.cached,
                sampled: seen.sampled.as_ref(),
                loads: &seen.run,
                log: &seen.log,
            },
            outputs,
        };
        facts.value()
    }

    /// Writes the record; where it was written.
    fn keep(&self, record: &Value, prompt: &Prompt) -> Result<PathBuf, String> {
        let output = &self.arguments.output;
        let path = match &output.record {
            Some(path) => path.clone(),
            None => {
                let folder = &output.output_dir;
                std::fs::create_dir_all(folder)
                    .map_err(|error| format!("--output-dir: cannot make {}: {error}", folder.display()))?;
                folder.join(format!("{}.wanlint.json", prompt.id()))
            }
        };
        to_file(&path, |file| file.write_all(format!("{record:#}\n").as_bytes()))?;
        Ok(path)
    }

    /// The end, in words or as the last event.
    pub(super) fn report_end(&self, end: &End, streams: &mut Streams) -> Result<(), String> {
        self.show.event("end", json!({"end": end.word(), "message": end.message(), "code": end.code()}), streams);
        let words = match end {
            End::Done => return Ok(()),
            End::Gate(_) => "not run",
            End::Failed(_) => "failed",
            End::Broke(_) => "broke off",
            End::Interrupted(_) => "interrupted",
        };
        // What scripts read stays what it is.
        written(writeln!(streams.err, "{words}: {}", safe::plain(&end.message())))
    }

    fn report_findings(&self, outcome: &Outcome, streams: &mut Streams) -> Result<(), String> {
        self.show.event("checked", json!({"check": report::value(outcome)}), streams);
        if self.arguments.output.format != Format::Text {
            return Ok(());
        }
        let color = streams.color(self.arguments.output.color);
        written(Full { color, quiet: false }.write(outcome, &mut streams.out))?;
        for change in &self.verified.changes {
            written(writeln!(streams.out, "  {}", safe::line(&change.to_string())))?;
        }
        written(streams.out.flush())
    }

    /// What the second check found and the first did not.
    fn report_new(&mut self, before: &Outcome, streams: &mut Streams) -> Result<(), String> {
        let node = |finding: &Finding| finding.node.as_ref().map(|node| node.id.clone());
        let known = |finding: &Finding| {
            before.findings.iter().any(|old| old.rule.code == finding.rule.code && node(old) == node(finding))
        };
        let all = std::mem::take(&mut self.verified.outcome.findings);
        let (old, new): (Vec<Finding>, Vec<Finding>) = all.into_iter().partition(known);
        self.verified.outcome.findings = new;
        let told = match self.arguments.output.format {
            Format::Text => {
                let color = streams.color(self.arguments.output.color);
                written(Full { color, quiet: true }.write(&self.verified.outcome, &mut streams.out))
            }
            Format::Json => Ok(()),
            Format::JsonLines => {
                let check = report::value(&self.verified.outcome);
                self.show.event("checked", json!({"live": true, "check": check}), streams);
                Ok(())
            }
        };
        self.verified.outcome.findings.extend(old);
        self.verified.outcome.findings.sort_by_cached_key(Finding::order);
        told
    }
}

fn server(host: &Host, notes: &[String]) -> Value {
    let stats = &host.stats;
    json!({
        "address": host.server.address().to_string(), "comfyui": stats.comfyui, "torch": stats.torch,
        "argv": stats.argv, "started": host.started.is_some(), "notes": notes,
    })
}
