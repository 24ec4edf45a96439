//! The language of `--sweep`: `frames=33..161:4,width=480|832|1280,reserve=0..4:0.5`.

use std::fmt;
use std::str::FromStr;

use super::Point;
use crate::text::{nearest, size_mib};

/// More points than this are a mistake: a forecast takes tens of microseconds, so these take a minute.
pub const MOST_POINTS: u64 = 1_000_000;

/// Largest size, frame count and batch: far beyond any card, and well inside what is computed with.
const LARGEST: f64 = 1e6;

/// What can be varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Width,
    Height,
    Frames,
    Batch,
    Cfg,
    Reserve,
}

const NAMES: [(&str, Name); 6] = [
    ("width", Name::Width),
    ("height", Name::Height),
    ("frames", Name::Frames),
    ("batch", Name::Batch),
    ("cfg", Name::Cfg),
    ("reserve", Name::Reserve),
];

/// Everything that is varied, in the order in which it was written: the last axis varies fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    axes: Vec<(Name, Vec<f64>)>,
    count: u64,
}

impl Axes {
    /// How many points there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The point of a number below [`Axes::count`].
    pub fn point(&self, mut number: u64) -> Point {
        let mut point = Point::default();
        for (name, values) in self.axes.iter().rev() {
            let length = (values.len() as u64).max(1);
            let at = usize::try_from(number % length).unwrap_or_default();
            number /= length;
            if let Some(&value) = values.get(at) {
                set(&mut point, *name, value);
            }
        }
        point
    }
}

fn set(point: &mut Point, name: Name, value: f64) {
    // Checked to be whole and below LARGEST.
    let whole = Some(value as u32);
    match name {
        Name::Width => point.width = whole,
        Name::Height => point.height = whole,
        Name::Frames => point.frames = whole,
        Name::Batch => point.batch = whole,
        Name::Cfg => point.cfg = Some(value),
        Name::Reserve => point.reserve_gib = Some(value),
    }
}

impl FromStr for Axes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut axes: Vec<(Name, Vec<f64>)> = Vec::new();
        let mut count = 1_u64;
        for part in text.split(',') {
            let (word, values) = part.split_once('=').ok_or_else(|| unreadable(part))?;
            let name = name(word.trim())?;
            if axes.iter().any(|(other, _)| *other == name) {
                return Err(format!("--sweep: {name} is varied twice"));
            }
            let values = self::values(name, values)?;
            count = count.saturating_mul(values.len() as u64);
            if count > MOST_POINTS {
                return Err(too_many());
            }
            axes.push((name, values));
        }
        Ok(Self { axes, count })
    }
}

fn unreadable(part: &str) -> String {
    format!("--sweep '{part}': write it as in frames=33..161:4,width=480|832|1280,reserve=0..4:0.5")
}

fn too_many() -> String {
    format!("--sweep: more than {MOST_POINTS} points; take larger steps or fewer axes")
}

fn name(word: &str) -> Result<Name, String> {
    let found = NAMES.iter().find(|(name, _)| *name == word).map(|(_, name)| *name);
    found.ok_or_else(|| {
        let known = NAMES.map(|(name, _)| name);
        let near = nearest(word, known).map(|near| format!("; did you mean {near}?"));
        format!("--sweep: '{word}' cannot be varied, only {}{}", known.join(", "), near.unwrap_or_default())
    })
}

/// `a|b|c`, each a number or a range.
fn values(name: Name, text: &str) -> Result<Vec<f64>, String> {
    let mut values = Vec::new();
    for part in text.split('|') {
        match part.split_once("..") {
            None => values.push(number(name, part)?),
            Some((from, rest)) => range(name, from, rest, &mut values)?,
        }
        if values.len() as u64 > MOST_POINTS {
            return Err(too_many());
        }
    }
    Ok(values)
}

/// `a..b` or `a..b:step`, both ends included where the step meets them.
fn range(name: Name, from: &str, rest: &str, values: &mut Vec<f64>) -> Result<(), String> {
    let (to, step) = rest.split_once(':').map_or((rest, None), |(to, step)| (to, Some(step)));
    let (from, to) = (number(name, from)?, number(name, to)?);
    let step = match (step, name) {
        (Some(step), _) => positive(name, step)?,
        (None, Name::Frames) => 4.0,
        (None, Name::Width | Name::Height) => 16.0,
        (None, Name::Batch) => 1.0,
        (None, Name::Cfg | Name::Reserve) => {
            return Err(format!("--sweep: a range of {name} needs a step: {name}=1..4:0.5"));
        }
    };
    if from > to {
        return Err(format!("--sweep: {name} runs from {from} down to {to}; write the smaller one first"));
    }
    // The tolerance keeps the end of 0..1:0.1.
    let last = ((to - from) / step + 1e-9).floor();
    if last >= MOST_POINTS as f64 {
        return Err(too_many());
    }
    // Rounded, because 3 x 0.1 is not 0.3.
    values.extend((0..=last as u64).map(|at| ((from + step * at as f64) * 1e6).round() / 1e6));
    Ok(())
}

fn positive(name: Name, text: &str) -> Result<f64, String> {
    let step = if name == Name::Reserve { size(text)? } else { text.trim().parse().unwrap_or(f64::NAN) };
    let whole = matches!(name, Name::Cfg | Name::Reserve) || step.fract() == 0.0;
    if step.is_finite() && step >= 1e-6 && whole {
        return Ok(step);
    }
    Err(format!(
        "--sweep: the step '{text}' of {name} leads nowhere: it is a {}number above 0",
        if whole { "" } else { "whole " }
    ))
}

/// A value of an axis: whole numbers from 1 for pixels, frames and batch; a scale from 0 for cfg; a size for the reserve.
fn number(name: Name, text: &str) -> Result<f64, String> {
    if name == Name::Reserve {
        return size(text);
    }
    let value: f64 = text.trim().parse().unwrap_or(f64::NAN);
    let fits = match name {
        Name::Cfg => value.is_finite() && (0.0..=LARGEST).contains(&value),
        _ => value.fract() == 0.0 && (1.0..=LARGEST).contains(&value),
    };
    let kind = if name == Name::Cfg { "a number from 0" } else { "a whole number from 1" };
    if fits { Ok(value) } else { Err(format!("--sweep: '{text}' is no {name}: it is {kind} to {LARGEST}")) }
}

fn size(text: &str) -> Result<f64, String> {
    size_mib(text).map(|mib| mib / 1024.0).map_err(|error| format!("--sweep: reserve {error}"))
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = NAMES.iter().find(|(_, name)| name == self).map_or("", |(word, _)| word);
        f.write_str(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_read() {
        let axes: Axes = "frames=33..161:4,width=480..1280:16".parse().unwrap();
        assert_eq!(axes.count(), 33 * 51);
        assert_eq!(axes.point(0), Point { frames: Some(33), width: Some(480), ..Point::default() });
        assert_eq!(axes.point(52), Point { frames: Some(37), width: Some(496), ..Point::default() });
        assert_eq!(axes.point(axes.count() - 1), Point { frames: Some(161), width: Some(1280), ..Point::default() });
        let axes: Axes = "reserve=0..1:0.1,cfg=1|3.5,batch=1..3".parse().unwrap();
        assert_eq!(axes.count(), 11 * 2 * 3);
        assert_eq!(axes.point(65).reserve_gib, Some(1.0));
        assert_eq!("reserve=512MiB".parse::<Axes>().unwrap().point(0).reserve_gib, Some(0.5));
    }

    #[test]
    fn mistakes_have_their_own_words() {
        for (text, words) in [
            ("", "write it as"),
            ("frames", "write it as"),
            ("frames=", "is no frames"),
            ("frames=81,frames=33", "twice"),
            ("frame=81", "did you mean frames?"),
            ("frames=161..33:4", "smaller one first"),
            ("frames=33..161:0", "leads nowhere"),
            ("frames=33..161:-4", "leads nowhere"),
            ("frames=33..161:nan", "leads nowhere"),
            ("frames=33..161:0.5", "leads nowhere"),
            ("frames=nan", "is no frames"),
            ("frames=-81", "is no frames"),
            ("frames=0", "is no frames"),
            ("frames=1e30", "is no frames"),
            ("width=1..1000000:1,height=1..1000000:1", "more than 1000000 points"),
            ("cfg=0..1000:0.000001", "more than 1000000 points"),
            ("cfg=1..4", "needs a step"),
            ("reserve=-1", "reserve"),
        ] {
            let error = text.parse::<Axes>().unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
