//! A ComfyUI that is none: it speaks the protocol, plays what it is told to for a prompt, and fails where it is told to.
//!
//! It listens on 127.0.0.1 on a port that the system chooses, and ends with the value.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use wanlint::run::address::Address;

mod http;
mod play;
pub mod recording;
mod routes;
mod socket;
mod state;

pub use play::Beat;
pub use routes::Trouble;
pub use state::{Behaviour, State};

/// The server. It stops when this value goes.
pub struct StandIn {
    port: u16,
    shared: Arc<Shared>,
}

pub struct Shared {
    state: Mutex<State>,
    pub behaviour: Behaviour,
    ended: AtomicBool,
}

impl Shared {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }
}

impl StandIn {
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared { state: Mutex::default(), behaviour, ended: AtomicBool::new(false) });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.has_ended() {
                    return;
                }
                // A machine that is gone: it takes no connection that is good for anything.
                if serving.state().deaf {
                    let _ = stream.shutdown(Shutdown::Both);
                    continue;
                }
                let serving = Arc::clone(&serving);
                std::thread::spawn(move || routes::serve(stream, &serving));
            }
        });
        Self { port, shared }
    }

    pub fn address(&self) -> Address {
        Address::local(self.port)
    }

    pub fn url(&self) -> String {
        self.address().to_string()
    }

    /// What it was asked: `POST /prompt`, with the body where there is one.
    pub fn asked(&self) -> Vec<(String, Value)> {
        self.shared.state().asked.clone()
    }

    /// How often something was asked whose method and path begin so.
    pub fn times(&self, start: &str) -> usize {
        self.asked().iter().filter(|(what, _)| what.starts_with(start)).count()
    }

    /// Prompts that wait or run.
    pub fn busy(&self) -> Vec<String> {
        self.shared.state().queued()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Waits until something is so, five seconds at most.
    pub fn until(&self, so: impl Fn(&State) -> bool) -> bool {
        (0..500).any(|_| {
            let now = so(&self.shared.state());
            if !now {
                std::thread::sleep(Duration::from_millis(10));
            }
            now
        })
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.state().sockets.clear();
        // Wakes the listener up.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}
