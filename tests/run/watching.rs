//! A prompt followed to its end, whatever happens to the socket and the server on the way.

use std::time::{Duration, Instant};

use serde_json::json;
use wanlint::run::prompt::{Prompt, fresh_id};
use wanlint::run::socket::Events;
use wanlint::run::watch::{Ended, Limits, Moment, watch};

use super::answers::client;
use super::stand_in::recording::{self, session};
use super::stand_in::{Beat, Behaviour, StandIn, Trouble};

struct Seen {
    ended: Ended,
    moments: Vec<Moment>,
    took: Duration,
}

impl Seen {
    fn has(&self, found: impl Fn(&Moment) -> bool) -> bool {
        self.moments.iter().any(found)
    }

    fn broke(&self) -> &str {
        match &self.ended {
            Ended::Broke(why) => why,
            other => panic!("{other:?}"),
        }
    }
}

const LIMITS: Limits = Limits {
    quiet: Some(Duration::from_secs(20)),
    overall: Some(Duration::from_secs(40)),
    unreachable: Duration::from_secs(2),
};

fn run(stand_in: &StandIn, limits: Limits, stop: &dyn Fn() -> bool) -> Seen {
    let server = client(stand_in);
    let (mut events, _) = Events::open(server.address(), &fresh_id());
    let prompt = Prompt::new(r#"{"1":{"class_type":"EmptyImage","inputs":{}}}"#.to_owned());
    let accepted = server.submit(&prompt, events.client_id()).expect("taken");
    assert_eq!(accepted.id, prompt.id());
    let mut moments = Vec::new();
    let begun = Instant::now();
    let ended = watch(&server, &mut events, &accepted, &limits, stop, &mut |moment| moments.push(moment.clone()));
    Seen { ended, moments, took: begun.elapsed() }
}

fn play(beats: Vec<Beat>) -> (StandIn, Seen) {
    let stand_in = StandIn::start(Behaviour { beats, ..Behaviour::default() });
    let seen = run(&stand_in, LIMITS, &|| false);
    (stand_in, seen)
}

fn steps(seen: &Seen) -> Vec<f64> {
    let values = seen.moments.iter().filter_map(|moment| match moment {
        Moment::Step { value, .. } => Some(*value),
        _ => None,
    });
    values.collect()
}

#[test]
fn success_by_events() {
    let (stand_in, seen) = play([Beat::sampler("6", 3), Beat::success()].concat());
    assert_eq!(seen.ended, Ended::Success(Vec::new()));
    assert_eq!(steps(&seen), [0.0, 1.0, 2.0, 3.0]);
    let begun = seen.moments.iter().filter(|moment| matches!(moment, Moment::Node(_))).count();
    assert_eq!(begun, 1);
    assert!(seen.has(|moment| *moment == Moment::Finished("6".into())));
    assert!(!seen.has(|moment| matches!(moment, Moment::Polling(_))));
    assert!(stand_in.busy().is_empty());
}

/// Recorded sessions of a real server: the end that each had.
#[test]
fn recorded_sessions() {
    for (name, expected) in [
        ("01-ok-image", "success"),
        ("02-ok-cached", "success"),
        ("03-ok-partial-own-prompt-id", "success"),
        ("04-ok-tiny-wan-sampler", "success"),
        ("05-ok-tiny-wan-no-feature-flags", "success"),
        ("07-error-execution-shape", "RuntimeError at 6 (KSampler)"),
        ("08-error-oom-synthetic", "out of memory: torch.OutOfMemoryError at 9 (ProbeOOM)"),
        ("09-interrupt", "interrupted at 6"),
    ] {
        let Some(session) = session(name) else { return };
        let prompt = recording::prompt(&session);
        let mut beats = recording::beats(&session, &prompt);
        let entry = recording::history(&session, &prompt).map(|entry| entry.to_string().replace(&prompt, "PROMPT"));
        let asked = entry.is_some();
        beats.push(entry.map_or_else(Beat::done, |entry| Beat::Entry(serde_json::from_str(&entry).expect("JSON"))));
        let (_, seen) = play(beats);
        let ended = match &seen.ended {
            Ended::Success(files) => {
                assert_eq!(files.len(), usize::from(asked), "{name}");
                "success".to_owned()
            }
            Ended::Failed(error) => {
                let memory = if error.is_out_of_memory() { "out of memory: " } else { "" };
                assert!(!error.traceback.is_empty(), "{name}");
                format!("{memory}{} at {} ({})", error.kind, error.node, error.class)
            }
            Ended::Interrupted(interruption) => {
                format!("interrupted at {}", interruption.node.as_deref().unwrap_or("?"))
            }
            Ended::Stopping(at) => format!("stopping at {}", at.node.as_deref().unwrap_or("?")),
            Ended::Broke(why) => why.clone(),
        };
        assert_eq!(ended, expected, "{name}");
    }
}

/// Frames twice, late, of others, of no sense.
#[test]
fn odd_frames_change_nothing() {
    let others = json!({"type": "execution_error", "data": {"prompt_id": "another", "node_id": "1"}}).to_string();
    let mut beats = Vec::new();
    for beat in Beat::sampler("6", 2) {
        beats.extend([beat.clone(), Beat::Text(others.clone()), beat, Beat::Text("{\"type\": 5".into())]);
    }
    beats.push(Beat::event("progress", json!({"value": 1, "max": 2, "node": "6"})));
    beats.push(Beat::event("progress", json!({"value": "one", "max": null})));
    beats.push(Beat::Text("[".repeat(100_000)));
    beats.extend(Beat::success());
    let (_, seen) = play(beats);
    assert_eq!(seen.ended, Ended::Success(Vec::new()));
    assert_eq!(steps(&seen), [0.0, 1.0, 2.0]);
    let finished = seen.moments.iter().filter(|moment| matches!(moment, Moment::Finished(_))).count();
    assert_eq!(finished, 1);
}

#[test]
fn a_dropped_socket_is_opened_again() {
    let beats =
        [Beat::sampler("6", 2), vec![Beat::Break, Beat::Pause(1200)], Beat::sampler("7", 2), Beat::success()].concat();
    let (stand_in, seen) = play(beats);
    assert_eq!(seen.ended, Ended::Success(Vec::new()));
    assert!(seen.has(|moment| matches!(moment, Moment::Polling(_))), "{:?}", seen.moments);
    assert!(seen.has(|moment| *moment == Moment::Listening), "{:?}", seen.moments);
    assert!(seen.has(|moment| *moment == Moment::Node("7".into())), "{:?}", seen.moments);
    assert_eq!(stand_in.state().connections, 2);
}

/// What ends while nobody listens is found in the history.
#[test]
fn an_end_that_was_not_heard() {
    let (_, seen) = play([Beat::sampler("6", 1), vec![Beat::Break], Beat::success()].concat());
    assert_eq!(seen.ended, Ended::Success(Vec::new()));
    assert!(seen.took < Duration::from_secs(5), "{:?}", seen.took);
}

#[test]
fn no_socket_at_all() {
    for trouble in [Trouble::Status(403, "no"), Trouble::Noise, Trouble::Text("{}")] {
        let beats = [Beat::sampler("6", 1), vec![Beat::Pause(700)], Beat::success()].concat();
        let troubles = [("/ws", trouble)].into();
        let stand_in = StandIn::start(Behaviour { beats, troubles, ..Behaviour::default() });
        let (_, why) = Events::open(&stand_in.address(), "c");
        assert!(why.is_some());
        let seen = run(&stand_in, LIMITS, &|| false);
        assert_eq!(seen.ended, Ended::Success(Vec::new()));
        assert!(seen.has(|moment| *moment == Moment::Started));
    }
}

#[test]
fn a_server_that_forgets() {
    let (_, seen) = play([Beat::sampler("6", 2), vec![Beat::Restart, Beat::Pause(30_000)]].concat());
    assert!(seen.broke().contains("it was restarted"), "{:?}", seen.ended);
    let (_, seen) = play(vec![Beat::event("execution_start", json!({})), Beat::Vanish, Beat::Break]);
    assert!(seen.broke().contains("somebody took the prompt out of the queue"));
}

#[test]
fn a_server_that_is_gone() {
    let (_, seen) = play([Beat::sampler("6", 2), vec![Beat::Deaf(true), Beat::Pause(30_000)]].concat());
    assert!(seen.broke().starts_with("the server cannot be asked for "), "{:?}", seen.ended);
    assert!(seen.took > LIMITS.unreachable && seen.took < Duration::from_secs(15), "{:?}", seen.took);
}

#[test]
fn a_server_that_comes_back_in_time() {
    let away = vec![Beat::Deaf(true), Beat::Pause(1000), Beat::Deaf(false)];
    let (_, seen) = play([Beat::sampler("6", 2), away, Beat::success()].concat());
    assert_eq!(seen.ended, Ended::Success(Vec::new()));
}

#[test]
fn limits() {
    let quiet = Limits { quiet: Some(Duration::from_secs(1)), ..LIMITS };
    let overall = Limits { overall: Some(Duration::from_secs(1)), ..LIMITS };
    let silent = || [Beat::sampler("6", 2), vec![Beat::Forever]].concat();
    let cases = [
        (
            quiet,
            Behaviour { beats: silent(), ..Behaviour::default() },
            "nothing was heard of it for 1 s while node 6 ran",
        ),
        (overall, Behaviour { beats: silent(), ..Behaviour::default() }, "it did not end within 1 s"),
        (
            quiet,
            Behaviour { endless: true, others: (vec!["theirs"], vec!["too"]), ..Behaviour::default() },
            "it waits behind 2 other prompts, and that did not change for 1 s",
        ),
        (overall, Behaviour { endless: true, ..Behaviour::default() }.old(), "it did not end within 1 s"),
    ];
    for (limits, behaviour, expected) in cases {
        let stand_in = StandIn::start(behaviour);
        let seen = run(&stand_in, limits, &|| false);
        assert!(
            seen.broke().starts_with(expected) && seen.broke().ends_with("was told to cancel it"),
            "{:?}",
            seen.ended
        );
        assert!(stand_in.until(|state| state.queued().is_empty()), "left in the queue: {:?}", stand_in.busy());
    }
}

/// Ours ends, on both kinds of servers, running or waiting; the prompts of others are not touched.
#[test]
fn a_wish_to_stop() {
    for (endless, old) in [(false, false), (false, true), (true, false), (true, true)] {
        let behaviour = Behaviour {
            beats: [Beat::sampler("6", 2), vec![Beat::Forever]].concat(),
            endless,
            others: (if endless { vec!["theirs"] } else { vec![] }, vec!["waiting"]),
            ..Behaviour::default()
        };
        let stand_in = StandIn::start(if old { behaviour.old() } else { behaviour });
        let begun = Instant::now();
        let seen = run(&stand_in, LIMITS, &|| begun.elapsed() > Duration::from_millis(600));
        assert!(matches!(seen.ended, Ended::Interrupted(_)), "{endless} {old}: {:?}", seen.ended);
        assert!(seen.took < Duration::from_secs(4), "{endless} {old}: {:?}", seen.took);
        assert!(stand_in.busy().is_empty(), "{endless} {old}");
        let touched = stand_in.asked().into_iter().any(|(what, body)| {
            what.contains("theirs")
                || body.to_string().contains("theirs")
                || (what == "POST /interrupt" && body["prompt_id"].is_null())
        });
        assert!(!touched, "{:?}", stand_in.asked());
    }
}

/// A node that takes a minute hears of the interruption when it is through: nobody says that it stopped.
#[test]
fn a_node_that_ends_first() {
    let beats = [Beat::sampler("6", 2), vec![Beat::Busy(30_000)]].concat();
    let stand_in = StandIn::start(Behaviour { beats, ..Behaviour::default() });
    let begun = Instant::now();
    let seen = run(&stand_in, LIMITS, &|| begun.elapsed() > Duration::from_millis(500));
    assert!(matches!(&seen.ended, Ended::Stopping(at) if at.node.as_deref() == Some("6")), "{:?}", seen.ended);
    assert!(seen.took < Duration::from_secs(20), "{:?}", seen.took);
}

#[test]
fn a_server_that_cannot_be_told_to_stop() {
    let stand_in = StandIn::start(Behaviour {
        beats: [Beat::sampler("6", 2), vec![Beat::Deaf(true), Beat::Pause(30_000)]].concat(),
        ..Behaviour::default()
    });
    let begun = Instant::now();
    let seen = run(&stand_in, LIMITS, &|| begun.elapsed() > Duration::from_millis(500));
    assert!(seen.broke().contains("it could not be told to stop"), "{:?}", seen.ended);
}

/// 500 MB of previews: they are not kept. The memory is that of this process, stand-in included.
#[test]
fn previews_take_no_memory() {
    const SIZE: usize = 1 << 20;
    let beats = [Beat::sampler("6", 2), vec![Beat::Previews { count: 500, size: SIZE }], Beat::success()].concat();
    let stand_in = StandIn::start(Behaviour { beats, ..Behaviour::default() });
    let server = client(&stand_in);
    let (mut events, _) = Events::open(server.address(), "c");
    let prompt = Prompt::new("{}".to_owned());
    let accepted = server.submit(&prompt, "c").expect("taken");
    let (mut count, mut most) = (0, 0);
    let before = resident();
    let ended = watch(&server, &mut events, &accepted, &LIMITS, &|| false, &mut |moment| {
        if *moment == Moment::Preview {
            count += 1;
            most = most.max(resident());
        }
    });
    assert_eq!((ended, count), (Ended::Success(Vec::new()), 500));
    assert!(most < before + 60 * 1024, "{} KiB more than before", most - before);
}

/// KiB of this process in memory; 0 where the system does not tell.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).unwrap_or_default()
}

/// One frame larger than any preview ends the socket, not the run.
#[test]
fn a_frame_too_large() {
    let beats =
        [Beat::sampler("6", 2), vec![Beat::Previews { count: 1, size: 20 << 20 }, Beat::Pause(500)], Beat::success()];
    let (stand_in, seen) = play(beats.concat());
    assert_eq!(seen.ended, Ended::Success(Vec::new()));
    assert!(seen.has(|moment| matches!(moment, Moment::Polling(why) if why.contains("16 MiB"))), "{:?}", seen.moments);
    assert_eq!(stand_in.state().connections, 1);
}
