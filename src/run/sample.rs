//! How much VRAM is in use while a prompt runs, looked at again and again: by the driver where the card is in this machine, else by
//! what the server says.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::server::{Device, Server};
use super::stop::Stop;
use crate::facts::nvml;

/// Between two looks at the driver: a phase of less than that has no peak that matters.
const DRIVER: Duration = Duration::from_millis(100);

/// Between two questions to the server, which answers them between two lines of Python.
const SERVER: Duration = Duration::from_secs(2);

/// What is in use of a card, MiB; `None` when nobody tells.
pub type Meter = Box<dyn FnMut() -> Option<f64> + Send>;

/// VRAM before and while a prompt runs, MiB.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampled {
    /// The card's name.
    pub card: String,
    /// What CUDA has in all.
    pub total_mib: f64,
    /// What was free at the start, with what PyTorch held without using it: `vram_free` of the server.
    pub free_at_start_mib: f64,
    /// What other programs and the CUDA context held at the start: all that was in use and is not PyTorch's.
    pub others_at_start_mib: f64,
    /// The most that was seen in use, of all programs; at least that much was. `None`: it was never seen.
    pub peak_mib: Option<f64>,
    /// The most that was seen in use while a node ran, in the order of the nodes.
    pub peaks: Vec<(String, f64)>,
    /// How often it was looked at.
    pub looks: u32,
    /// Whether the driver was asked, ten times a second, or the server, every two seconds.
    pub by_driver: bool,
}

/// Looks at a card in a thread of its own until it is finished or dropped.
#[derive(Debug)]
pub struct Sampler {
    shared: Arc<Mutex<State>>,
    end: Stop,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    sampled: Sampled,
    node: Option<String>,
}

impl Sampled {
    /// What a server says about its card before a prompt runs.
    pub fn of(device: &Device) -> Self {
        let free = device.free_mib - device.torch_free_mib;
        Self {
            card: device.card().to_owned(),
            total_mib: device.total_mib,
            free_at_start_mib: device.free_mib,
            others_at_start_mib: (device.total_mib - free - device.torch_total_mib).max(0.0),
            ..Self::default()
        }
    }
}

impl Sampler {
    /// Begins to look at the card of a server. `None` where it computes on none.
    pub fn start(server: &Server, device: &Device) -> Option<Self> {
        if device.kind != "cuda" {
            return None;
        }
        let before = Sampled::of(device);
        let here = server.address().is_local().then(|| driver(device)).flatten();
        Some(match here {
            Some(meter) => Self::with(Sampled { by_driver: true, ..before }, meter, DRIVER),
            None => Self::with(before, asking(server.clone()), SERVER),
        })
    }

    /// Begins to look at what a meter shows.
    pub fn with(before: Sampled, mut meter: Meter, every: Duration) -> Self {
        let shared = Arc::new(Mutex::new(State { sampled: before, node: None }));
        let (end, theirs) = (Stop::new(), Arc::clone(&shared));
        let asked = end.clone();
        let look = move || {
            loop {
                if let Some(used) = meter() {
                    lock(&theirs).take(used);
                }
                if asked.wait(every) {
                    return;
                }
            }
        };
        Self { shared, end, thread: Some(std::thread::spawn(look)) }
    }

    /// A node runs from now on; `None`: no node does.
    pub fn node(&self, node: Option<&str>) {
        lock(&self.shared).node = node.map(str::to_owned);
    }

    /// What was seen so far.
    pub fn sampled(&self) -> Sampled {
        lock(&self.shared).sampled.clone()
    }

    /// Ends, and gives what was seen. A look that is under way is not waited for when it takes long.
    pub fn finish(mut self) -> Sampled {
        self.end.ask();
        if let Some(thread) = self.thread.take().filter(JoinHandle::is_finished) {
            let _ = thread.join();
        }
        self.sampled()
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.end.ask();
    }
}

impl State {
    fn take(&mut self, used: f64) {
        let seen = &mut self.sampled;
        seen.looks += 1;
        seen.peak_mib = Some(seen.peak_mib.map_or(used, |peak| peak.max(used)));
        let Some(node) = &self.node else { return };
        match seen.peaks.iter_mut().find(|(known, _)| known == node) {
            Some((_, peak)) => *peak = peak.max(used),
            None => seen.peaks.push((node.clone(), used)),
        }
    }
}

fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The driver's word on the server's card; `None` where it cannot be told which of the machine's cards that is: CUDA and the driver
/// count them in different orders.
fn driver(device: &Device) -> Option<Meter> {
    let card = nvml::only(device.card())?;
    Some(Box::new(move || card.used_mib()))
}

/// The server's word.
fn asking(server: Server) -> Meter {
    Box::new(move || {
        let stats = server.stats().ok()?;
        let device = stats.devices.first()?;
        Some(device.total_mib - (device.free_mib - device.torch_free_mib))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> Device {
        Device {
            name: "cuda:0 NVIDIA GeForce RTX 5090 : cudaMallocAsync".to_owned(),
            kind: "cuda".to_owned(),
            index: Some(0),
            total_mib: 32606.0,
            free_mib: 20000.0,
            torch_total_mib: 12000.0,
            torch_free_mib: 1000.0,
        }
    }

    #[test]
    fn what_others_hold_is_what_is_neither_free_nor_of_torch() {
        // The driver has 19000 free; torch holds 12000.
        let before = Sampled::of(&device());
        assert_eq!((before.card.as_str(), before.others_at_start_mib), ("NVIDIA GeForce RTX 5090", 1606.0));
    }

    #[test]
    fn peaks_in_all_and_by_node() {
        let (looks, results) = std::sync::mpsc::channel();
        let meter = Box::new(move || results.recv_timeout(Duration::from_secs(20)).ok());
        let sampler = Sampler::with(Sampled::default(), meter, Duration::ZERO);
        let look = |node: Option<&str>, used: f64| {
            let before = sampler.sampled().looks;
            sampler.node(node);
            looks.send(used).unwrap();
            while sampler.sampled().looks == before {
                std::thread::yield_now();
            }
        };
        look(None, 1000.0);
        look(Some("3"), 5000.0);
        look(Some("3"), 4000.0);
        look(Some("8"), 4500.0);
        drop(looks);
        let sampled = sampler.finish();
        assert_eq!((sampled.peak_mib, sampled.looks), (Some(5000.0), 4));
        assert_eq!(sampled.peaks, [("3".to_owned(), 5000.0), ("8".to_owned(), 4500.0)]);
    }
}
