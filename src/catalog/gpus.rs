//! Graphics cards by name. A card's total VRAM is a range: the driver and the system shift it by some MiB.

use crate::facts::os::Os;

const TABLE: &str = include_str!("../../catalog/gpus.txt");

/// The share of a card's memory that CUDA may report less under Linux than the driver shows (RTX 5060 Ti: 15845 of
/// 16311 MiB, ComfyUI issue 10771).
const LINUX_SHORTFALL: f64 = 0.03;

/// How far a total may lie below the nominal size where nobody recorded it (RTX 5060 Ti: 1 - 15845/16384 = 3.3 %;
/// cards with error correction lose up to 6.3 %: L40S 46068 of 49152).
const UNRECORDED_SHORTFALL: f64 = 0.065;

/// One card of the catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct Gpu {
    /// Name as the driver gives it: `NVIDIA GeForce RTX 5090`.
    pub name: &'static str,
    /// What people call it: `RTX 5090`.
    pub short: &'static str,
    /// `desktop`, `laptop`, `workstation`, `datacenter`.
    pub class: &'static str,
    /// CUDA compute capability.
    pub compute: (u8, u8),
    /// Size on the box, MiB.
    pub nominal_mib: f64,
    /// Total that the driver or ComfyUI's "Total VRAM" line shows, MiB, where somebody recorded it.
    pub reported_mib: Option<f64>,
    /// Nominal dense 16-bit rate with 32-bit accumulation, TFLOP/s (streaming multiprocessors x boost clock x rate of the chip).
    pub tflops_16bit: Option<f64>,
    /// Memory bandwidth, GB/s (10^9 bytes).
    pub bandwidth_gbs: Option<f64>,
    /// What torch's 16-bit matrix products reach, TFLOP/s: the median over measured hosts (catalog/make_gpus.py names the source).
    pub measured_tflops: Option<f64>,
    /// Where `reported_mib` comes from.
    pub source: &'static str,
}

impl Gpu {
    /// Smallest and largest total that CUDA may report for this card, MiB.
    ///
    /// ComfyUI prints the total without decimals, so a recorded value is known to half a MiB on the system it comes from.
    pub fn total_mib(&self, os: Option<Os>) -> (f64, f64) {
        let Some(reported) = self.reported_mib else {
            return (self.nominal_mib * (1.0 - UNRECORDED_SHORTFALL), self.nominal_mib);
        };
        match os {
            Some(Os::Windows) => (reported - 0.5, reported + 0.5),
            _ => (reported * (1.0 - LINUX_SHORTFALL), reported + 0.5),
        }
    }
}

/// What a name on the command line or in `wanlint.toml` stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Match {
    /// Exactly this card.
    One(Gpu),
    /// Several cards contain the name: their short names.
    Ambiguous(Vec<&'static str>),
    /// No card; the nearest short names.
    Unknown(Vec<&'static str>),
}

/// All cards.
pub fn all() -> impl Iterator<Item = Gpu> {
    lines().filter_map(parse)
}

fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

/// Finds a card: a name that equals a catalog name (case and blanks aside) wins over names that contain it.
pub fn find(name: &str) -> Match {
    let wanted = key(name);
    // Two names that are the same have the same digits: nearly every other line is told by them.
    let numbered = lines().filter(|line| line.split('|').take(2).any(|name| digits(name).eq(digits(&wanted))));
    let exact = numbered.filter_map(parse).find(|gpu| key(gpu.name) == wanted || key(gpu.short) == wanted);
    if let Some(gpu) = exact {
        return Match::One(gpu);
    }
    let cards: Vec<Gpu> = all().collect();
    let mut containing: Vec<&Gpu> =
        cards.iter().filter(|gpu| !wanted.is_empty() && key(gpu.name).contains(&wanted)).collect();
    match containing.len() {
        0 => Match::Unknown(nearest(&cards, &wanted)),
        1 => Match::One(containing.remove(0).clone()),
        _ => Match::Ambiguous(containing.iter().map(|gpu| gpu.short).collect()),
    }
}

/// Lower case without blanks and vendor words, so that `5090`, `rtx5090` and `NVIDIA GeForce RTX 5090` meet.
fn key(name: &str) -> String {
    let lower = name.to_lowercase().replace("nvidia", "").replace("geforce", "").replace("gpu", "").replace("rtx", "");
    lower.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn digits(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(u8::is_ascii_digit)
}

fn nearest(cards: &[Gpu], wanted: &str) -> Vec<&'static str> {
    let mut ranked: Vec<(usize, &'static str)> =
        cards.iter().map(|gpu| (crate::text::distance(&key(gpu.short), wanted), gpu.short)).collect();
    ranked.sort_unstable();
    ranked
        .into_iter()
        .filter(|(distance, _)| *distance <= 2 && wanted.len() >= 4)
        .take(3)
        .map(|(_, short)| short)
        .collect()
}

fn parse(line: &'static str) -> Option<Gpu> {
    let fields: Vec<&'static str> = line.split('|').collect();
    let &[name, short, class, compute, nominal, reported, source, tflops, bandwidth, _pcie, _lanes, measured] =
        fields.as_slice()
    else {
        return None;
    };
    let (major, minor) = compute.split_once('.')?;
    Some(Gpu {
        name,
        short,
        class,
        compute: (major.parse().ok()?, minor.parse().ok()?),
        nominal_mib: nominal.parse().ok()?,
        reported_mib: reported.parse().ok(),
        source,
        tflops_16bit: tflops.parse().ok(),
        bandwidth_gbs: bandwidth.parse().ok(),
        measured_tflops: measured.parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_card() {
        assert_eq!(all().count(), lines().count());
        assert!(lines().count() > 100);
        for card in all() {
            assert!(matches!(find(card.name), Match::One(found) if found.name == card.name), "{}", card.name);
        }
    }

    #[test]
    fn an_equal_name_wins_over_names_that_contain_it() {
        let Match::One(gpu) = find("rtx 5090") else { panic!("not found") };
        assert_eq!(gpu.name, "NVIDIA GeForce RTX 5090");
        assert_eq!(gpu.total_mib(Some(Os::Windows)), (32606.5, 32607.5));
        assert!(matches!(find("4060 Ti"), Match::Ambiguous(list) if list == ["RTX 4060 Ti 8GB", "RTX 4060 Ti 16GB"]));
        assert!(matches!(find("rtx 5091"), Match::Unknown(list) if list.contains(&"RTX 5090")));
        assert!(matches!(find("foo"), Match::Unknown(list) if list.is_empty()));
    }
}
