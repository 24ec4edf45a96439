//! `wanlint bench` against the stand-in: what is sent in which order, what is kept, what the verdict says of known speeds.

use std::process::{Command, Output};

use serde_json::Value;

use super::binary::{Desk, good};
use super::stand_in::{Beat, Behaviour, StandIn};

/// Three steps of 30 ms; a prompt with another method of scaling takes 400 ms more in each: more than a busy machine adds.
fn beats() -> Vec<Beat> {
    let mut beats = Vec::new();
    for beat in Beat::sampler("2", 3) {
        let step = matches!(&beat, Beat::Text(text) if text.contains("\"progress\""));
        if step {
            beats.extend([Beat::Pause(30), Beat::PauseFor("nearest-exact", 400)]);
        }
        beats.push(beat);
    }
    [beats, Beat::success()].concat()
}

fn command(desk: &Desk, server: &StandIn, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.args(["bench", "w.json", "--isolated", "--seed-at", "1.seed", "--server", &server.url()]).args(args);
    command.current_dir(desk.0.path()).env_clear().env("CI", "1");
    command
}

fn bench(desk: &Desk, server: &StandIn, args: &[&str]) -> Output {
    command(desk, server, args).output().unwrap()
}

fn record(desk: &Desk) -> Value {
    serde_json::from_str(&std::fs::read_to_string(desk.0.path().join("bench.wanlint.json")).unwrap()).unwrap()
}

const SLOW: [&str; 2] = ["--variant", "slow: 2.upscale_method=nearest-exact"];

#[test]
fn a_slower_variant_is_found_and_a_replay_says_the_same() {
    let (desk, server) = (Desk::new(), StandIn::start(good(beats())));
    let output = bench(&desk, &server, &[&SLOW[..], &["--variant", "small: 2.width=64"]].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let record = record(&desk);
    let runs = record["runs"].as_array().unwrap();
    let order: Vec<String> = runs
        .iter()
        .map(|run| format!("{} {}", run["variant"].as_str().unwrap(), run["role"].as_str().unwrap()))
        .collect();
    assert_eq!(order[..3], ["baseline cold", "slow warm-up", "small warm-up"]);
    // Seed 1 begins with the backward round.
    assert_eq!(
        order[3..9],
        ["small", "slow", "baseline", "baseline", "slow", "small"].map(|name| format!("{name} measured"))
    );
    assert_eq!(runs.len(), 18);
    // No prompt is sent twice, and all were sent to one server.
    let hashes: std::collections::BTreeSet<&str> = runs.iter().map(|run| run["sha256"].as_str().unwrap()).collect();
    assert_eq!((hashes.len(), server.times("POST /prompt")), (18, 18));
    let steps = runs[0]["measured"]["nodes"][0]["steps"].as_array().unwrap();
    // How long each took is the machine's affair: a busy one hears of two steps at once.
    assert!(steps.len() == 3 && steps.iter().all(|step| step.as_f64().unwrap() > 0.0), "{steps:?}");
    // What is said of the other one is left to chance once in twenty times.
    let slow = said.split("\nslow: ").nth(1).unwrap_or_default();
    assert!(slow.trim_start().split_once("- ").unwrap().1.starts_with("Slower: "), "{said}");
    let replay = Command::new(env!("CARGO_BIN_EXE_wanlint"))
        .args(["bench", "--replay", "bench.wanlint.json"])
        .current_dir(desk.0.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(replay.stdout).unwrap(), said);
    // The record is not written over.
    assert_eq!(bench(&desk, &server, &SLOW).status.code(), Some(2));
}

#[test]
fn what_was_measured_is_kept_and_gone_on_with() {
    let (desk, server) = (Desk::new(), StandIn::start(good(beats())));
    let args = [&SLOW[..], &["--runs", "2"]].concat();
    assert_eq!(bench(&desk, &server, &args).status.code(), Some(0));
    let path = desk.0.path().join("bench.wanlint.json");
    let mut short = record(&desk);
    // As if it had been stopped in the second round.
    short["runs"].as_array_mut().unwrap().truncate(5);
    std::fs::write(&path, short.to_string()).unwrap();
    let again = bench(&desk, &server, &[&args[..], &["--resume"]].concat());
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
    let record = record(&desk);
    let measured = |name: &str| {
        let runs = record["runs"].as_array().unwrap();
        runs.iter().filter(|run| run["variant"] == name && run["role"] == "measured").count()
    };
    assert_eq!((measured("baseline"), measured("slow")), (2, 2));
    let other = bench(&desk, &server, &["--variant", "other: 2.width=64", "--resume"]);
    let said = String::from_utf8(other.stderr).unwrap();
    assert!(other.status.code() == Some(2) && said.contains("the bench of another workflow"), "{said}");
}

#[test]
fn a_failing_variant_stops_only_itself() {
    let (desk, server) = (Desk::new(), StandIn::start(good(beats())));
    // The server has no such method: the check against its nodes finds it, and the variant is skipped.
    let output = bench(&desk, &server, &["--variant", "bad: 2.upscale_method=none", "--runs", "2", SLOW[0], SLOW[1]]);
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked") && (said.contains("bad") && said.contains("upscale_method")), "{said}");
    let flags = bench(&desk, &server, &["--variant", "sage: --use-sage-attention", "--dry-run"]);
    let said = String::from_utf8(flags.stdout).unwrap();
    assert!(said.contains("would be skipped: it needs another start"), "{said}");
}

#[test]
#[cfg(unix)]
fn an_interruption_keeps_the_runs_before_it() {
    let (desk, server) = (Desk::new(), StandIn::start(Behaviour { ..good(beats()) }));
    let child = command(&desk, &server, &[&SLOW[..], &["--runs", "200"]].concat())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    assert!(server.until(|state| state.history.len() >= 3));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(record(&desk)["runs"].as_array().unwrap().len() >= 3 && server.busy().is_empty());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("bench: w.json"));
}
