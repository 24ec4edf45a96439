//! `wanlint gpu`: what this machine has.

use clap::Args;

use super::{CLEAN, Streams, written};
use crate::facts::nvml::{self, Card};
use crate::platform;
use crate::text::gib;

/// `wanlint gpu` takes no arguments.
#[derive(Debug, Args)]
pub struct Arguments {}

/// Shows the cards, their memory, the driver and the system memory.
///
/// # Errors
/// When the output cannot be written.
pub fn run(_: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let mut text = match nvml::cards() {
        Some((driver, cards)) if !cards.is_empty() => {
            let lines: String = cards.iter().map(line).collect();
            format!("NVIDIA driver {driver}\n{lines}")
        }
        _ => "no NVIDIA driver was found: state a card with --gpu \"RTX 5090\"\n".to_owned(),
    };
    if let Some(mib) = platform::ram_mib() {
        text += &format!("RAM {}\n", gib(mib));
    }
    written(streams.out.write_all(text.as_bytes()))?;
    Ok(CLEAN)
}

fn line(card: &Card) -> String {
    let compute = card.compute.map(|(major, minor)| format!(", compute {major}.{minor}")).unwrap_or_default();
    format!(
        "GPU {}: {}{compute}: total {:.2} MiB ({:.2} for CUDA), free {:.2} MiB, used by others {:.2} MiB\n",
        card.index,
        crate::report::safe::line(&card.name),
        card.total_mib,
        card.free_mib + card.used_mib,
        card.free_mib,
        card.used_mib
    )
}
