//! The wish to stop: set by Ctrl-C, looked at by everything that waits.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::process;

/// Signals that come closer together than this are one: a terminal sends Ctrl-C to a wrapper (`uvx`) and to us, and the wrapper
/// passes its own on.
const ONE_PRESS: Duration = Duration::from_millis(500);

/// Whether somebody asked to stop. Clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    asked: Mutex<Option<Instant>>,
    news: Condvar,
}

impl Stop {
    /// Nobody asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks.
    pub fn ask(&self) {
        self.lock().get_or_insert_with(Instant::now);
        self.0.news.notify_all();
    }

    /// True once somebody asked.
    pub fn asked(&self) -> bool {
        self.lock().is_some()
    }

    /// Waits for some time, or until somebody asks: true then.
    pub fn wait(&self, time: Duration) -> bool {
        let unasked = |asked: &mut Option<Instant>| asked.is_none();
        let waited = self.0.news.wait_timeout_while(self.lock(), time, unasked);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }

    /// Lets Ctrl-C, a termination and the end of the terminal ask. A second one ends what was started at once and then leaves by
    /// `leave`, which should not return.
    ///
    /// # Errors
    /// A sentence, when the system does not let signals be caught or they are caught already.
    pub fn on_signals(&self, leave: impl Fn() + Send + 'static) -> Result<(), String> {
        let stop = self.clone();
        let handler = move || match stop.age() {
            None => stop.ask(),
            Some(age) if age < ONE_PRESS => {}
            Some(_) => {
                process::end_all();
                leave();
            }
        };
        ctrlc::set_handler(handler).map_err(|error| format!("Ctrl-C cannot be caught: {error}"))
    }

    /// How long ago somebody asked.
    fn age(&self) -> Option<Duration> {
        self.lock().map(|at| at.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_ends_every_wait() {
        let stop = Stop::new();
        assert!(!stop.wait(Duration::from_millis(1)) && !stop.asked());
        let other = stop.clone();
        let waiting = std::thread::spawn(move || other.wait(Duration::from_secs(60)));
        stop.ask();
        assert!(waiting.join().unwrap() && stop.asked() && stop.wait(Duration::from_secs(60)));
    }
}
