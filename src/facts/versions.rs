//! Versions: lenient reading of ComfyUI tags and of PEP 440 versions, and the set of versions consistent with what is known.

use std::fmt;
use std::str::FromStr;

/// A release number, compared by its first three parts. Reads `v0.3.70`, `0.33`, `2.9.1+cu130`, `0.3.70-12-gabcdef`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// First part.
    pub major: u32,
    /// Second part, 0 when absent.
    pub minor: u32,
    /// Third part, 0 when absent.
    pub patch: u32,
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a version: write it as in 0.3.70")]
pub struct VersionError(String);

impl Version {
    /// A version from its parts.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = || VersionError(text.to_owned());
        let trimmed = text.trim();
        let digits = trimmed.strip_prefix(['v', 'V']).unwrap_or(trimmed);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let (numbers, rest) = digits.split_at(end);
        if rest.starts_with(|c: char| c.is_alphanumeric() && !matches!(c, 'r' | 'a' | 'b' | 'd' | 'p')) {
            return Err(wrong());
        }
        let mut parts = numbers.trim_end_matches('.').as_bytes().split(|byte| *byte == b'.').map(number);
        let major = parts.next().flatten().ok_or_else(wrong)?;
        let mut next = || parts.next().unwrap_or(Some(0)).ok_or_else(wrong);
        Ok(Self { major, minor: next()?, patch: next()? })
    }
}

/// A part of a version: digits and nothing else.
fn number(digits: &[u8]) -> Option<u32> {
    let add = |sum: u32, digit: &u8| sum.checked_mul(10)?.checked_add(u32::from(digit - b'0'));
    if digits.is_empty() { None } else { digits.iter().try_fold(0, add) }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, shown) in [
            ("0.3.70", "0.3.70"),
            ("v0.33", "0.33.0"),
            ("2.9.1+cu130", "2.9.1"),
            ("2.9.0rc1", "2.9.0"),
            ("0.3.70-12-gabcdef", "0.3.70"),
        ] {
            assert_eq!(text.parse::<Version>().unwrap().to_string(), shown);
        }
        for text in ["", "latest", "v", "1x"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert!(Version::new(0, 3, 76) > Version::new(0, 3, 8));
    }
}
