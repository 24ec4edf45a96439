//! ComfyUI's model classes: what tells them apart, and what they ask for beside the weights (`catalog/memory_classes.txt`).

use std::sync::OnceLock;

use crate::facts::versions::Version;

/// What ComfyUI detects of a diffusion model: keys of its `unet_config` with their values as text, `-` for None.
pub type Config = [(&'static str, String)];

/// A class of diffusion models (comfy/supported_models.py).
#[derive(Debug, PartialEq)]
pub struct MemoryClass {
    /// Its name in supported_models.py.
    pub name: &'static str,
    /// The class that the log names; empty when it is not known.
    pub logged: &'static str,
    matches: Vec<(&'static str, &'static str)>,
    /// The latent's cells; `None` where the estimate does not follow from them.
    pub cells: Option<Cells>,
    /// Bytes of the type it computes in on a card with bfloat16.
    pub width: u64,
    /// The first release whose estimate counts reference latents, too.
    pub references: Option<Version>,
    factors: Vec<(Version, Factor)>,
}

/// Geometry of a latent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    /// The latent has a time axis.
    pub video: bool,
    /// Pixels of a cell along a side.
    pub side: u32,
    /// Frames of a cell.
    pub frames: u32,
}

impl Cells {
    /// Cells of one latent, the batch not included.
    pub fn area(&self, width: u32, height: u32, frames: u32) -> f64 {
        let side = |pixels: u32| f64::from(pixels / self.side.max(1));
        let time = if self.video { f64::from(frames.saturating_sub(1) / self.frames.max(1)) + 1.0 } else { 1.0 };
        time * side(width) * side(height)
    }
}

#[derive(Debug, PartialEq)]
enum Factor {
    Constant(f64),
    /// A number of the detected configuration, what stands for it when absent, divisor, multiplier.
    Ratio(&'static str, Option<f64>, f64, f64),
}

impl MemoryClass {
    /// The class of a detected configuration: the first one all of whose keys match.
    pub fn of(config: &Config) -> Option<&'static Self> {
        let value = |key: &str| config.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str());
        classes().iter().find(|class| class.matches.iter().all(|(key, wanted)| value(key) == Some(wanted)))
    }

    /// A class by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        classes().iter().find(|class| class.name == name)
    }

    /// `memory_usage_factor` of a release; `None` before the class existed.
    pub fn factor(&self, config: &Config, version: Version) -> Option<f64> {
        let (_, factor) = self.factors.iter().rev().find(|(since, _)| version >= *since)?;
        match factor {
            Factor::Constant(value) => Some(*value),
            Factor::Ratio(key, default, divisor, multiplier) => {
                let stated = config.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.parse().ok());
                Some(stated.or(*default)? / divisor * multiplier)
            }
        }
    }
}

/// The table, parsed on first use. A broken line would be missing; a test keeps them whole.
fn classes() -> &'static [MemoryClass] {
    static CLASSES: OnceLock<Vec<MemoryClass>> = OnceLock::new();
    CLASSES.get_or_init(|| lines().filter_map(parse).collect())
}

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("../../catalog/memory_classes.txt").lines().filter(|line| !line.starts_with('#'))
}

fn parse(line: &'static str) -> Option<MemoryClass> {
    let mut fields = line.split('|');
    let mut next = || fields.next();
    Some(MemoryClass {
        name: next()?,
        logged: next().map(|name| if name == "-" { "" } else { name })?,
        matches: next()?.split(',').map(|pair| pair.split_once('=')).collect::<Option<_>>()?,
        cells: cells(next()?),
        width: next()?.parse().ok()?,
        references: next()?.parse().ok(),
        factors: next()?.split(';').map(factor).collect::<Option<_>>()?,
    })
}

fn cells(text: &str) -> Option<Cells> {
    let numbers: Vec<u32> = text.split(' ').map_while(|number| number.parse().ok()).collect();
    let [dimensions, side, frames] = numbers[..] else { return None };
    Some(Cells { video: dimensions == 3, side, frames })
}

fn factor(row: &'static str) -> Option<(Version, Factor)> {
    let words: Vec<&'static str> = row.split(' ').collect();
    let number = |text: &str| text.parse().ok();
    let factor = match words[..] {
        [_, value] => Factor::Constant(number(value)?),
        [_, key, default, divisor, multiplier] => {
            Factor::Ratio(key, number(default), number(divisor)?, number(multiplier)?)
        }
        _ => return None,
    };
    Some((words.first()?.parse().ok()?, factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        assert_eq!(classes().len(), lines().count());
        assert!(classes().len() > 90);
    }

    #[test]
    fn factors_follow_the_release() {
        let at = |class: &str, config: &Config, release: &str| {
            MemoryClass::named(class).unwrap().factor(config, release.parse().unwrap())
        };
        assert_eq!(at("Flux", &[], "0.3.52"), Some(2.8));
        assert_eq!(at("Flux", &[], "0.33.0"), Some(3.1));
        assert_eq!(at("ZImage", &[], "0.3.70"), None);
        assert_eq!(at("LTXV", &[("cross_attention_dim", "4096".to_owned())], "0.8.0"), Some(11.0));
        assert_eq!(at("LTXV", &[], "0.8.0"), Some(5.5));
        assert_eq!(at("Flux2", &[], "0.10.0"), None);
        assert_eq!(at("WAN22_Animate", &[("dim", "5120".to_owned())], "0.3.60"), Some(5120.0 / 2222.0));
    }

    #[test]
    fn the_first_class_that_matches_wins() {
        let of = |pairs: &[(&'static str, &str)]| {
            let config: Vec<(&'static str, String)> =
                pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
            MemoryClass::of(&config).map(|class| class.name)
        };
        assert_eq!(
            of(&[("image_model", "flux"), ("guidance_embed", "true"), ("in_channels", "96")]),
            Some("FluxInpaint")
        );
        assert_eq!(of(&[("image_model", "flux"), ("guidance_embed", "true"), ("in_channels", "16")]), Some("Flux"));
        assert_eq!(of(&[("image_model", "lumina2"), ("dim", "3840")]), Some("ZImage"));
        assert_eq!(of(&[("image_model", "lumina2"), ("dim", "2304")]), Some("Lumina2"));
        assert_eq!(of(&[("image_model", "nothing")]), None);
    }

    #[test]
    fn geometry_never_overflows() {
        let cells = MemoryClass::named("LTXV").unwrap().cells.unwrap();
        assert_eq!(cells.area(768, 512, 97), 13.0 * 24.0 * 16.0);
        assert!(cells.area(u32::MAX, u32::MAX, u32::MAX).is_finite());
        assert_eq!(MemoryClass::named("LTXAV").unwrap().cells, None);
    }
}
