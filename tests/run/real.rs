//! A real ComfyUI, where there is one: `WANLINT_TEST_COMFYUI=/path/to/ComfyUI cargo test --test run real`.

use std::path::Path;
use std::time::Duration;

use wanlint::run::address::Address;
use wanlint::run::command::{Command, Host};
use wanlint::run::process::{Patience, Started, Stopped, check_free, is_taken};
use wanlint::run::sample::Sampler;
use wanlint::run::server::Server;
use wanlint::run::stop::Stop;

/// A real server on a port and in folders of its own; stopped and taken away when it is let go.
pub struct Real {
    pub folder: tempfile::TempDir,
    pub command: Command,
    pub started: Started,
    pub server: Server,
}

impl Real {
    /// `None`, and a line that says so: no checkout is named.
    pub fn start() -> Option<Self> {
        let Some(checkout) = std::env::var_os("WANLINT_TEST_COMFYUI") else {
            println!("skipped: WANLINT_TEST_COMFYUI names no checkout of ComfyUI");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let mut args = vec!["--cpu".to_owned(), "--port".to_owned(), port];
        for name in ["output", "user", "input", "temp"] {
            let own = folder.path().join(name);
            std::fs::create_dir(&own).unwrap();
            args.extend([format!("--{name}-directory"), own.display().to_string()]);
        }
        let command = Command::of_checkout(Path::new(&checkout), &args, &Host::this()).unwrap();
        check_free(&command.listen).unwrap();
        let mut started = Started::start(&command, None).unwrap();
        let server = Server::new(Address::parse(&command.listen.url()).unwrap(), None);
        started.answers(&server, Duration::from_secs(300), &Stop::new()).unwrap();
        Some(Self { folder, command, started, server })
    }
}

#[test]
fn a_checkout_starts_answers_and_stops() {
    let Some(Real { folder: _folder, command, mut started, server }) = Real::start() else { return };
    let stats = server.stats().unwrap();
    assert!(stats.comfyui.is_some() && stats.argv.iter().any(|word| word == "--cpu"), "{stats:?}");
    assert!(Sampler::start(&server, &stats.devices[0]).is_none(), "a CPU has no VRAM");
    let said = check_free(&command.listen).unwrap_err();
    assert!(said.contains("runs at http://127.0.0.1:"), "{said}");
    assert_eq!(started.stop(Patience::default()), Stopped::Asked);
    assert!(!is_taken(&command.listen));
    assert!(started.log.tail(1000).iter().any(|line| line.contains("To see the GUI go to")));
}
