//! Random edits of the fixtures. The generator is seeded: a failure names its seed, and the same seed fails again.

use std::path::PathBuf;

use super::inside::check;
use super::{Fixture, LONG, fixtures};
use wanlint::discover::Kind;

/// How many mutants of each fixture are read.
const PER_FIXTURE: u64 = 60;

/// SplitMix64: small, and good enough to spread edits.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % (limit.max(1) as u64)) as usize
    }
}

/// A copy with one to six edits: a bit flipped, a byte replaced, a piece deleted, doubled, moved in from `donor`, or cut off.
pub fn mutant(bytes: &[u8], donor: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 | 5 => {
                let from = random.below(donor.len() + 1);
                let till = (from + random.below(120)).min(donor.len());
                bytes.splice(at..end, donor[from..till].iter().copied());
            }
            6 => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..end, piece.bytes());
            }
            _ if random.below(8) == 0 => bytes.truncate(at),
            _ => {}
        }
    }
    bytes
}

/// What hurts more than random bytes.
const PIECES: [&str; 24] = [
    "\u{feff}",
    "é",
    "\u{1f389}",
    "\u{1b}[31m",
    "\0",
    "\r\n",
    "\"",
    "'",
    "^",
    "%",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "null",
    "-1",
    "1e999",
    "NaN",
    "99999999999999999999",
    "\"\\ud800\"",
    "$(",
    "<<E\n",
    "%A:~0,-1%",
];

/// All mutants of the fixtures that some reader takes, with the seed of each.
pub fn mutants(per_fixture: u64) -> impl Iterator<Item = (u64, PathBuf, Kind, Vec<u8>)> {
    let all = fixtures();
    let donors: Vec<Vec<u8>> = all.iter().map(|fixture| fixture.bytes.clone()).collect();
    let of = move |(at, fixture): (usize, Fixture)| {
        let donors = donors.clone();
        let kind = Kind::of(&fixture.path);
        // A long fixture costs as much as many short ones.
        let count = if fixture.bytes.len() > LONG { per_fixture / 8 } else { per_fixture };
        (0..count).filter_map(move |number| {
            let seed = (at as u64) << 32 | number;
            let mut random = Random(seed);
            let donor = random.below(donors.len());
            let bytes = mutant(&fixture.bytes, &donors[donor], &mut random);
            Some((seed, fixture.path.clone(), kind?, bytes))
        })
    };
    all.into_iter().enumerate().flat_map(of)
}

#[test]
fn mutants_are_read() {
    let mut count = 0;
    for (seed, path, kind, bytes) in mutants(PER_FIXTURE) {
        let path = PathBuf::from(format!("{} (seed {seed})", path.display()));
        check(&path, kind, &bytes);
        count += 1;
    }
    assert!(count > 1000, "{count}");
}
