//! The lines ComfyUI logs about a load, figures included.

use super::dynamic::Prepared;
use super::eras::{Wording, wording};
use super::load::{Split, Unload};
use crate::facts::versions::Version;

/// `1e32` bytes in MiB, as Python prints it: the budget where there is none.
const UNLIMITED_BARE: &str = "9.5367431640625e+25";
/// The same with two decimals.
const UNLIMITED: &str = "95367431640625005117571072.00";

/// The line of a complete load. `usable` is `None` where no budget applies (--highvram, --gpu-only, encoders built on the GPU).
pub(crate) fn complete(version: Version, usable: Option<f64>, loaded: f64, full: bool) -> String {
    let full = if full { "True" } else { "False" };
    match (wording(version), usable) {
        (Wording::Bare, Some(usable)) => format!("loaded completely {usable:?} {loaded:?} {full}"),
        (Wording::Bare, None) => format!("loaded completely {UNLIMITED_BARE} {loaded:?} {full}"),
        (Wording::Sparse, None) => format!("loaded completely;  {loaded:.2} MB loaded, full load: {full}"),
        (_, None) => format!("loaded completely; {UNLIMITED} MB usable, {loaded:.2} MB loaded, full load: {full}"),
        (_, Some(usable)) => {
            format!("loaded completely; {usable:.2} MB usable, {loaded:.2} MB loaded, full load: {full}")
        }
    }
}

/// The line of a partial load.
pub(crate) fn partial(version: Version, usable: f64, split: &Split) -> String {
    let Split { loaded, offloaded, buffer, lowvram_patches, .. } = split;
    match wording(version) {
        Wording::Bare => format!("loaded partially {usable:?} {loaded:?} {lowvram_patches}"),
        Wording::Units => format!(
            "loaded partially; {usable:.2} MB usable, {loaded:.2} MB loaded, {offloaded:.2} MB offloaded, \
             lowvram patches: {lowvram_patches}"
        ),
        Wording::Buffer | Wording::Sparse => format!(
            "loaded partially; {usable:.2} MB usable, {loaded:.2} MB loaded, {offloaded:.2} MB offloaded, \
             {buffer:.2} MB buffer reserved, lowvram patches: {lowvram_patches}"
        ),
    }
}

/// The line of a partial unload: silent up to v0.3.68.
pub(crate) fn unload(version: Version, unload: &Unload) -> Option<String> {
    let Unload { freed, remains, buffer, lowvram_patches } = unload;
    match wording(version) {
        _ if version < Version::new(0, 3, 69) => None,
        Wording::Bare | Wording::Units => {
            Some(format!("loaded partially: {remains:.2} MB loaded, lowvram patches: {lowvram_patches}"))
        }
        Wording::Buffer | Wording::Sparse => Some(format!(
            "Unloaded partially: {freed:.2} MB freed, {remains:.2} MB remains loaded, {buffer:.2} MB buffer reserved, \
             lowvram patches: {lowvram_patches}"
        )),
    }
}

/// The line of a dynamic load.
pub(crate) fn dynamic(class: &str, prepared: &Prepared) -> String {
    let Prepared { staged_mib, patches, preloaded } = prepared;
    let mut line =
        format!("Model {class} prepared for dynamic VRAM loading. {staged_mib}MB Staged. {patches} patches attached.");
    if preloaded.0 > 0 {
        line.push_str(&format!(" Force pre-loaded {} weights: {} KB.", preloaded.0, preloaded.1));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wording_follows_the_release() {
        let split = Split { loaded: 128.0, offloaded: 114.0, buffer: 2.5, lowvram_patches: 3, ..Split::default() };
        let version = |text: &str| text.parse().unwrap();
        let shown = |text: &str| (complete(version(text), None, 242.5, true), partial(version(text), 128.0, &split));
        let (whole, part) = shown("0.3.67");
        assert_eq!(whole, "loaded completely 9.5367431640625e+25 242.5 True");
        assert_eq!(part, "loaded partially 128.0 128.0 3");
        let tail = "128.00 MB usable, 128.00 MB loaded, 114.00 MB offloaded";
        assert_eq!(shown("0.3.75").1, format!("loaded partially; {tail}, lowvram patches: 3"));
        assert_eq!(shown("0.8.0").1, format!("loaded partially; {tail}, 2.50 MB buffer reserved, lowvram patches: 3"));
        assert_eq!(
            shown("0.8.0").0,
            "loaded completely; 95367431640625005117571072.00 MB usable, 242.50 MB loaded, full load: True"
        );
        assert_eq!(shown("0.8.1").0, "loaded completely;  242.50 MB loaded, full load: True");
    }
}
