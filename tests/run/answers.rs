//! Answers over HTTP: the right ones read, the wrong ones said.

use std::collections::HashMap;
use std::io::{Cursor, Read as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::json;
use wanlint::run::address::Address;
use wanlint::run::fault::Fault;
use wanlint::run::http::Patience;
use wanlint::run::server::Server;

use super::stand_in::{Behaviour, StandIn, Trouble};

/// Short enough for a test.
pub const HASTY: Patience = Patience {
    connect: Duration::from_millis(1000),
    answer: Duration::from_millis(1500),
    quiet: Duration::from_millis(700),
};

pub fn client(stand_in: &StandIn) -> Server {
    Server::with_patience(stand_in.address(), None, HASTY)
}

fn with(path: &'static str, trouble: Trouble) -> (StandIn, Server) {
    let stand_in = StandIn::start(Behaviour { troubles: HashMap::from([(path, trouble)]), ..Behaviour::default() });
    let server = client(&stand_in);
    (stand_in, server)
}

#[test]
fn what_can_be_asked() {
    let info = r#"{"KSampler": {}}"#.to_owned();
    let others = (vec!["theirs"], vec!["waiting"]);
    let stand_in = StandIn::start(Behaviour { object_info: Some(info.clone()), others, ..Behaviour::default() });
    let server = client(&stand_in);
    let stats = server.stats().expect("stats");
    assert_eq!(stats.comfyui.as_deref(), Some("0.3.64"));
    assert_eq!(stats.devices[0].card(), "NVIDIA GeForce RTX 5090");
    assert_eq!(server.object_info().expect("object_info"), info);
    let queue = server.queue().expect("a queue");
    assert_eq!((queue.running, queue.pending), (vec!["theirs".to_owned()], vec!["waiting".to_owned()]));
    assert_eq!(server.features().expect("features")["max_upload_size"], json!(104857600));
    assert_eq!(server.history("a/b c").expect("an answer"), None);
    assert_eq!(stand_in.times("GET /history/a%2Fb%20c"), 1);
    assert_eq!(server.logs().expect("logs").as_deref(), Some("one\ntwo\n"));
}

#[test]
fn an_older_server_keeps_its_log_to_itself() {
    let stand_in = StandIn::start(Behaviour { unknown: vec!["/internal"], ..Behaviour::default() });
    assert_eq!(client(&stand_in).logs().expect("an answer"), None);
}

#[test]
fn a_file_is_uploaded_whole() {
    let stand_in = StandIn::start(Behaviour::default());
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let stored = client(&stand_in).upload("/home/me/a \"b\".png", Cursor::new(&bytes)).expect("stored");
    assert_eq!(stored, "stored.png");
    let state = stand_in.state();
    let form = &state.uploads[0];
    let has = |part: &[u8]| form.windows(part.len()).any(|window| window == part);
    assert!(has(b"filename=\"a %22b%22.png\"\r\n") && has(b"name=\"type\"\r\n\r\ninput\r\n"));
    assert!(has(&bytes), "the file is not in the form as it was");
}

/// Every way in which an answer goes wrong: what is said, and that it is said in time.
#[test]
fn wrong_answers() {
    let cases: [(Trouble, &str); 9] = [
        (
            Trouble::Status(500, "Server got itself in trouble"),
            "answers /system_stats with status 500: Server got itself in trouble",
        ),
        (Trouble::Status(401, "<html>sign in</html>"), "with status 401: <html>sign in</html>"),
        (Trouble::Text("<html>welcome</html>"), "but not as ComfyUI does: expected value at line 1 column 1"),
        (Trouble::Text("{\"hello\": 1}"), "but not as ComfyUI does: missing field `system`"),
        (Trouble::Slow(3000), "did not answer /system_stats in time"),
        (Trouble::Half, "the answer of http://127.0.0.1:PORT to /system_stats broke off"),
        (Trouble::Stuck, "did not answer /system_stats in time"),
        (
            Trouble::Elsewhere("http://127.0.0.1:9/".into()),
            "sends the asker to another address: name that one with --server",
        ),
        (Trouble::Noise, "no answer from http://127.0.0.1:PORT: "),
    ];
    for (trouble, expected) in cases {
        let (stand_in, server) = with("/system_stats", trouble.clone());
        let begun = Instant::now();
        let said = server.stats().expect_err("a fault").to_string();
        let said = said.replace(&stand_in.address().port().to_string(), "PORT");
        assert!(said.contains(expected), "{trouble:?}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{trouble:?} took {:?}", begun.elapsed());
    }
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let (_stand_in, server) = with("/object_info", Trouble::Endless);
    let patient = server.asked_with(Patience { answer: Duration::from_secs(30), ..HASTY });
    let fault = patient.object_info().expect_err("too large");
    assert!(matches!(fault, Fault::TooLarge { limit: 64, .. } | Fault::Slow { .. }), "{fault}");
}

#[test]
fn nobody_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let fault = Server::with_patience(Address::local(port), None, HASTY).stats().expect_err("nobody");
    assert!(
        fault.to_string().ends_with("nothing listens there; start ComfyUI, or name another address with --server"),
        "{fault}"
    );
    assert!(fault.may_pass());
}

/// What a browser's address bar, a proxy or a user may put in front.
#[test]
fn nothing_goes_to_another_server() {
    let other = StandIn::start(Behaviour::default());
    let (_stand_in, server) = with("/", Trouble::Elsewhere(format!("{}/prompt", other.url())));
    assert!(server.stats().is_err() && server.queue().is_err());
    assert!(server.history("p").is_err() && server.cancel("p").is_err());
    assert_eq!(other.asked(), []);
}

#[test]
fn tls_where_there_is_none() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    });
    let address = Address::parse(&format!("https://127.0.0.1:{port}")).expect("an address");
    let said = Server::with_patience(address, None, HASTY).stats().expect_err("no TLS").to_string();
    assert!(said.ends_with("it does not speak TLS there: write http:// in place of https://"), "{said}");
}
