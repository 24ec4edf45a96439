//! Prompts, and what an error report says about the card.

use super::{Event, Fact, after, number};

/// What an error report of ComfyUI says about the card at that moment, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// `VRAM Total`
    Total(u64),
    /// `VRAM Free`
    Free(u64),
}

/// Prompts, retries, and the device section of a report.
pub(super) fn read(text: &str) -> Option<Event> {
    if text.ends_with("got prompt") {
        return Some(Event::Prompt);
    }
    if text.starts_with("invalid prompt: ") {
        return Some(Event::Refused);
    }
    if let Some(rest) = after(text, "Prompt executed in ") {
        return seconds(rest).map(Event::Executed);
    }
    if text.contains("retrying with tiled VAE") || text.contains("Retrying with Tiled VAE") {
        return Some(Event::Tiled);
    }
    let plain = text.trim_start_matches(['-', '*', ' ']);
    let bytes = |rest: &str| rest.trim_start_matches(['*', ':', ' ']).split_whitespace().next()?.parse().ok();
    let device = match (plain.strip_prefix("VRAM Total"), plain.strip_prefix("VRAM Free")) {
        (Some(rest), _) => Device::Total(bytes(rest)?),
        (_, Some(rest)) => Device::Free(bytes(rest)?),
        _ => return None,
    };
    Some(Event::Fact(Fact::Report(device)))
}

/// `120.12 seconds`, and beyond ten minutes `00:12:34`.
fn seconds(rest: &str) -> Option<f64> {
    if let Some((value, unit)) = number(rest)
        && unit.trim_start().starts_with("second")
    {
        return Some(value);
    }
    let clock = rest.split_whitespace().next()?;
    let parts: Vec<f64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let sum = parts.iter().fold(0.0, |sum, part| sum * 60.0 + part);
    (parts.len() == 3 && sum.is_finite()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_prompts() {
        assert_eq!(read("invalid prompt: {'type': 'prompt_no_outputs'}"), Some(Event::Refused));
        assert_eq!(read("Prompt executed in 120.12 seconds"), Some(Event::Executed(120.12)));
        assert_eq!(read("Prompt executed in 00:10:40"), Some(Event::Executed(640.0)));
        assert_eq!(read("Prompt executed in 1:2"), None);
        assert_eq!(
            read("  - **VRAM Total:** 34190458880"),
            Some(Event::Fact(Fact::Report(Device::Total(34_190_458_880))))
        );
    }
}
