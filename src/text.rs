//! Small helpers for words and sizes that people read or write.

/// Edit distance between two short texts (insert, delete, replace, swap of neighbours), in characters.
pub fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let width = right.len() + 1;
    let mut table: Vec<usize> = (0..width).collect();
    for row in 1..=left.len() {
        table.push(row);
        for column in 1..width {
            let at = row * width + column;
            let same = left[row - 1] == right[column - 1];
            let mut best =
                (table[at - width - 1] + usize::from(!same)).min(table[at - width] + 1).min(table[at - 1] + 1);
            if row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1] {
                best = best.min(table[at - 2 * width - 2] + 1);
            }
            table.push(best);
        }
    }
    table.last().copied().unwrap_or_default()
}

/// The candidate nearest to a misspelt word, when it is near enough to be meant (two letters, one for short words).
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (length, own, kinds) = (word.chars().count(), letters(word), kinds(word));
    let limit = if length < 6 { 1 } else { 2 };
    // The distance takes long and is asked for few: a step changes the length by one and brings one letter.
    let may_be_near = |candidate: &&str| {
        has_about(candidate, length, limit)
            && (self::kinds(candidate) & !kinds).count_ones() as usize <= limit
            && brings_few(candidate, own, limit)
    };
    let ranked = candidates.into_iter().filter(may_be_near).map(|candidate| (distance(word, candidate), candidate));
    ranked.filter(|(far, _)| *far <= limit).min().map(|(_, candidate)| candidate)
}

/// True for a text whose number of characters is near to another. It has at least as many bytes.
fn has_about(text: &str, characters: usize, limit: usize) -> bool {
    match text.len() {
        bytes if bytes + limit < characters => false,
        bytes if text.is_ascii() => bytes <= characters + limit,
        _ => text.chars().count().abs_diff(characters) <= limit,
    }
}

/// True for a text with at most so many characters of ASCII that are not among these.
fn brings_few(text: &str, mut letters: [u8; 32], limit: usize) -> bool {
    let mut brought = text.bytes().filter(u8::is_ascii).filter(|byte| {
        let left = &mut letters[usize::from(byte % 32)];
        let known = *left > 0;
        *left = left.saturating_sub(1);
        !known
    });
    brought.nth(limit).is_none()
}

/// Which characters of ASCII occur, a bit for each; some share one, as those of [`letters`] do.
fn kinds(text: &str) -> u32 {
    text.bytes().filter(u8::is_ascii).fold(0, |kinds, byte| kinds | 1 << (byte % 32))
}

/// How often each character of ASCII occurs, up to 255 times; some share a place.
fn letters(text: &str) -> [u8; 32] {
    let mut counts = [0u8; 32];
    let mut count = |byte: u8| counts[usize::from(byte % 32)] = counts[usize::from(byte % 32)].saturating_add(1);
    text.bytes().filter(u8::is_ascii).for_each(&mut count);
    counts
}

/// A size with a suffix in MiB: `31.8GiB`, `32606.5625MiB`, `24GB` (10^9 bytes); a bare number is GiB.
///
/// # Errors
/// A sentence that says how to write it.
pub fn size_mib(text: &str) -> Result<f64, String> {
    let wrong = || format!("'{text}' is not a size: write it as in 31.8GiB, 32606MiB or 24GB (a bare number is GiB)");
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let (number, suffix) = trimmed.split_at(end);
    let value: f64 = number.trim().parse().map_err(|_| wrong())?;
    let mib = match suffix.to_ascii_lowercase().as_str() {
        "" | "gib" | "g" => value * 1024.0,
        "mib" | "m" => value,
        "gb" => value * 1e9 / 1_048_576.0,
        "mb" => value * 1e6 / 1_048_576.0,
        "tib" => value * 1_048_576.0,
        _ => return Err(wrong()),
    };
    if !mib.is_finite() || !(0.0..=1e9).contains(&mib) {
        return Err(format!("'{text}' is out of range: a size lies between 0 and 1,000,000 GiB"));
    }
    Ok(mib)
}

/// `12.3 GiB` for a figure in MiB.
pub fn gib(mib: f64) -> String {
    format!("{:.1} GiB", mib / 1024.0)
}

/// `8.0 to 8.1 GiB` for figures in MiB, or one number when both ends round to the same.
pub fn gib_range((one, other): (f64, f64)) -> String {
    let (low, high) = (one.min(other), one.max(other));
    let (low, high) = (format!("{:.1}", low / 1024.0), format!("{:.1}", high / 1024.0));
    if low == high { format!("{low} GiB") } else { format!("{low} to {high} GiB") }
}

/// `11312..11812 MiB`, or one number when both ends round to the same.
pub fn mib_range((one, other): (f64, f64)) -> String {
    let (low, high) = (one.min(other), one.max(other));
    let (low, high) = (format!("{low:.0}"), format!("{high:.0}"));
    if low == high { format!("{low} MiB") } else { format!("{low}..{high} MiB") }
}

/// Two decimals, as ComfyUI logs, and no negative zero. Figures beyond 1e24 (no budget) stay as they are.
pub fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

/// Bytes as lowercase hexadecimal digits, the way hashes are shown.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_less_than_nothing() {
        assert!(rounded(-0.001).is_sign_positive());
        assert_eq!(rounded(-0.006), -0.01);
    }

    #[test]
    fn distances_and_neighbours() {
        assert_eq!(distance("--use-sage-atention", "--use-sage-attention"), 1);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(nearest("LAUNHC018", ["LAUNCH018", "ENV001"]), Some("LAUNCH018"));
        assert_eq!(nearest("foo", ["bar"]), None);
    }

    #[test]
    fn nothing_near_is_passed_over() {
        let mut words: Vec<String> = ["", "a", "\u{e9}t\u{e9}s", "ete", "KSampler"].map(String::from).to_vec();
        for word in ["abcde", "abcdef", "\u{e9}bcdefg"] {
            let letters: Vec<char> = word.chars().collect();
            for at in 1..letters.len() {
                let (head, tail) = (letters[..at].iter().collect::<String>(), letters[at..].iter().collect::<String>());
                let less: String = tail.chars().skip(1).collect();
                words.extend([
                    head.clone() + &less,
                    format!("{head}x{less}"),
                    format!("{head}\u{e8}y{tail}"),
                    tail + &head,
                ]);
            }
            words.push(word.to_owned());
        }
        for (word, candidate) in words.iter().flat_map(|word| words.iter().map(move |other| (word, other.as_str()))) {
            let limit = if word.chars().count() < 6 { 1 } else { 2 };
            let near = distance(word, candidate) <= limit;
            assert_eq!(nearest(word, [candidate]).is_some(), near, "{word} {candidate}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(size_mib("32606.5625MiB").unwrap(), 32606.5625);
        assert_eq!(size_mib("24").unwrap(), 24576.0);
        assert_eq!(size_mib("24GB").unwrap().round(), 22888.0);
        for wrong in ["-3", "x", "4 parsecs", "nan", "inf", ""] {
            assert!(size_mib(wrong).is_err(), "{wrong}");
        }
    }
}
