//! A started stand-in: ready, ended too early, stopped with everything it started.

use std::path::Path;
use std::time::{Duration, Instant};

use wanlint::run::command::{Command, Listen};
use wanlint::run::process::{NotReady, Patience, Started, Stopped, check_free, is_taken};
use wanlint::run::stop::Stop;

use super::command::Room;

const SOON: Duration = Duration::from_secs(20);

/// A room whose `main.py` is a shell script that its `python` runs.
fn room(main: &str) -> (Room, Command) {
    let room = Room::new();
    room.write("main.py", main);
    let command = room.shell("cd ..\nexport WHO=me\nvenv/bin/python main.py --port 8211\n").unwrap();
    (room, command)
}

fn start(main: &str) -> (Room, Started) {
    let (room, command) = room(main);
    let log = std::fs::File::create(room.path("log")).unwrap();
    let started = Started::start(&command, Some(log)).unwrap();
    (room, started)
}

fn patience() -> Patience {
    let time = Duration::from_millis(700);
    Patience { interrupted: time, terminated: time, killed: Duration::from_secs(10) }
}

fn exists(room: &Room, name: &str) -> bool {
    room.path(name).is_file()
}

/// The process whose number stands in a file runs.
fn runs(room: &Room, name: &str) -> bool {
    let id = std::fs::read_to_string(room.path(name)).unwrap();
    let state = std::fs::read_to_string(Path::new("/proc").join(id.trim()).join("stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

#[test]
fn a_server_becomes_ready_and_is_followed() {
    let main = "echo \"args $* $WHO\"\necho warning >&2\nprintf ' 50%%|# | 1/2\\r100%%|##| 2/2\\n'\n: > ready\nexec sleep 600\n";
    let (room, mut started) = start(main);
    let took = started.ready(|| exists(&room, "ready"), SOON, &Stop::new()).unwrap();
    assert!(took < SOON);
    assert!(started.ended().is_none());
    assert_eq!(started.stop(Patience::default()), Stopped::Asked);
    assert_eq!(started.stop(Patience::default()), Stopped::Before);
    let mut tail = started.log.tail(9);
    tail.sort();
    assert_eq!(tail, ["100%|##| 2/2", "args --port 8211 me", "warning"]);
    let log = std::fs::read_to_string(room.path("log")).unwrap();
    assert!(log.contains(" 50%|# | 1/2\r100%|##| 2/2\n"), "{log}");
}

#[test]
fn an_early_end_is_told_with_the_log() {
    let (_room, mut started) = start("echo Traceback\necho 'ModuleNotFoundError: torch' >&2\nexit 3\n");
    let error = started.ready(|| false, SOON, &Stop::new()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("the server ended (exit status: 3) before it was ready; the end of its log:\n  "),
        "{text}"
    );
    assert!(text.contains("ModuleNotFoundError: torch") && text.contains("Traceback"), "{text}");
    assert_eq!(started.stop(patience()), Stopped::Before);
}

#[test]
fn a_server_that_is_killed_from_outside() {
    let (room, mut started) = start("echo loading\n: > ready\nkill -KILL $$\n");
    started.ready(|| exists(&room, "ready"), SOON, &Stop::new()).unwrap();
    until(|| started.ended().is_some());
    let death = started.death().unwrap();
    assert!(
        death.starts_with("the server ended (signal: 9 (SIGKILL)); the system does that when memory (RAM) runs out"),
        "{death}"
    );
    assert!(death.ends_with("the end of its log:\n  loading"), "{death}");
    started.stop(patience());
    assert_eq!(started.death(), None);
}

#[test]
fn waiting_has_a_limit_and_an_end() {
    let (_room, mut started) = start("exec sleep 600\n");
    let late = started.ready(|| false, Duration::from_millis(300), &Stop::new()).unwrap_err();
    assert_eq!(late.to_string(), "the server was not ready after 0 s; it has written nothing");
    let stop = Stop::new();
    stop.ask();
    assert!(matches!(started.ready(|| false, SOON, &stop), Err(NotReady::Stopped)));
}

#[test]
fn children_and_grandchildren_go_too() {
    // The inner shell starts its sleep in the background: it does not hear Ctrl-C. The main program hears nothing at all.
    let main = "trap '' INT TERM\nsh -c 'sleep 600 & echo $! > grandchild; wait' &\necho $! > child\n\
                while [ ! -s grandchild ]; do sleep 0.05; done\n: > ready\nwhile :; do sleep 1; done\n";
    let (room, mut started) = start(main);
    started.ready(|| exists(&room, "ready"), SOON, &Stop::new()).unwrap();
    assert!(runs(&room, "child") && runs(&room, "grandchild"));
    assert_eq!(started.stop(patience()), Stopped::Killed);
    assert!(!runs(&room, "child") && !runs(&room, "grandchild"));
}

#[test]
fn orphans_go_although_the_program_has_ended() {
    let main = "sleep 600 & echo $! > orphan\n: > ready\n";
    let (room, mut started) = start(main);
    started.ready(|| exists(&room, "ready"), SOON, &Stop::new()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert!(runs(&room, "orphan") && started.ended().is_none());
    assert_eq!(started.stop(patience()), Stopped::Asked);
    assert!(!runs(&room, "orphan"));
}

#[cfg(target_os = "linux")]
#[test]
fn what_left_the_group_is_found() {
    let main = "setsid sh -c 'echo $$ > daemon; exec sleep 600' &\nwhile [ ! -s daemon ]; do sleep 0.05; done\n: > ready\nexec sleep 600\n";
    let (room, mut started) = start(main);
    started.ready(|| exists(&room, "ready"), SOON, &Stop::new()).unwrap();
    assert!(runs(&room, "daemon"));
    assert!(matches!(started.stop(patience()), Stopped::Asked | Stopped::Killed));
    assert!(!runs(&room, "daemon"));
}

#[test]
fn a_dropped_server_is_stopped() {
    let (room, mut started) = start("echo $$ > main\n: > ready\nexec sleep 600\n");
    started.ready(|| exists(&room, "ready"), SOON, &Stop::new()).unwrap();
    let begun = Instant::now();
    drop(started);
    assert!(!runs(&room, "main") && begun.elapsed() < SOON);
}

#[test]
fn a_taken_port_is_noticed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let listen = Listen { port, ..Listen::default() };
    assert!(is_taken(&listen));
    drop(listener);
    assert!(!is_taken(&listen));
}

#[test]
fn what_listens_already_is_said() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = Listen { port: listener.local_addr().unwrap().port(), ..Listen::default() };
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let asked = stream.read(&mut [0; 1024]).unwrap_or_default() > 0;
            let body =
                r#"{"system": {"os": "linux", "comfyui_version": "0.3.64", "argv": ["main.py"]}, "devices": []}"#;
            if asked {
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        }
    });
    let url = listen.url();
    let said = check_free(&listen).unwrap_err();
    assert_eq!(
        said,
        format!(
            "ComfyUI 0.3.64 runs at {url} already: use it with --server {url}, or start this one with another --port"
        )
    );
}

#[test]
fn a_program_that_cannot_start_is_told() {
    let (room, mut command) = room("");
    command.program = room.path("main.py");
    let error = Started::start(&command, None).unwrap_err().to_string();
    assert!(error.starts_with("cannot start ") && error.contains("main.py"), "{error}");
}

/// Set for a copy of this test program that plays wanlint: the folder of its room, and how it leaves.
const ROLE: &str = "WANLINT_TEST_ROLE";

/// What the copy does: starts a server and never stops it itself.
#[test]
fn a_copy_that_leaves_suddenly() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (way, folder) = role.split_once(' ').unwrap();
    let folder = Path::new(folder);
    let python = folder.join("venv/bin/python");
    let command = Command {
        program: python,
        args: vec!["main.py".to_owned()],
        env: Default::default(),
        folder: folder.to_path_buf(),
        listen: Listen::default(),
        left_out: Vec::new(),
    };
    let mut started = Started::start(&command, None).unwrap();
    started.ready(|| folder.join("ready").is_file(), SOON, &Stop::new()).unwrap();
    // A release aborts at a panic: nothing is dropped.
    std::mem::forget(started);
    let stop = Stop::new();
    if way == "panic" {
        panic!("on purpose");
    }
    stop.on_signals(|| std::process::exit(130)).unwrap();
    std::fs::write(folder.join("waiting"), "").unwrap();
    assert!(stop.wait(SOON));
    std::fs::write(folder.join("asked"), "").unwrap();
    std::thread::sleep(SOON);
}

fn copy(way: &str, room: &Room) -> std::process::Child {
    room.write("main.py", "trap '' INT TERM\necho $$ > main\n: > ready\nwhile :; do sleep 1; done\n");
    let mut copy = std::process::Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", "process::a_copy_that_leaves_suddenly"])
        .env(ROLE, format!("{way} {}", room.path("").display()));
    copy.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
}

fn until(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < SOON, "it does not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_panic_leaves_nothing_running() {
    let room = Room::new();
    let status = copy("panic", &room).wait().unwrap();
    assert!(!status.success());
    until(|| !runs(&room, "main"));
}

#[test]
fn the_second_ctrl_c_leaves_at_once_and_nothing_running() {
    let room = Room::new();
    let mut copy = copy("signal", &room);
    until(|| exists(&room, "waiting"));
    let interrupt = || {
        let id = copy.id().to_string();
        assert!(std::process::Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().unwrap().success());
    };
    interrupt();
    until(|| exists(&room, "asked"));
    assert!(runs(&room, "main"), "the first one only asks");
    std::thread::sleep(Duration::from_millis(600));
    interrupt();
    assert_eq!(copy.wait().unwrap().code(), Some(130));
    until(|| !runs(&room, "main"));
}
