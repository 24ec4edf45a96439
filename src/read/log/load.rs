//! Lines about models that are loaded and unloaded, in the wording of every release.

use super::{Event, after, number, number_before, word};

/// Bytes that stand for "no limit", in MiB: the budget of `--highvram` and of encoders built on the GPU.
const UNLIMITED: f64 = 1e24;

/// A line about a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// How it was loaded.
    pub how: Loaded,
    /// "usable", MiB; `None` where the line has none, or says that there is no limit.
    pub usable: Option<f64>,
    /// The line says that there is no limit, by a number or, from v0.8.1, by leaving it out.
    pub unlimited: bool,
    /// The number that stands for "no limit" is printed.
    pub printed_unlimited: bool,
    /// "loaded", MiB.
    pub loaded: Option<f64>,
    /// "offloaded", MiB.
    pub offloaded: Option<f64>,
    /// "buffer reserved", MiB.
    pub buffer: Option<f64>,
    /// "lowvram patches", or of a dynamic load "patches attached".
    pub patches: Option<u32>,
    /// The class, where the line names it.
    pub class: Option<String>,
    /// "full load".
    pub full: Option<bool>,
    /// Numbers stand bare, in full precision: the text up to v0.3.67.
    pub bare: bool,
    /// "Force pre-loaded": weights and KB.
    pub preloaded: Option<(u32, u64)>,
}

/// How a model was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// All of it.
    Completely,
    /// As much as the budget held.
    Partially,
    /// By pages on demand; `loaded` is then what was staged.
    Dynamic,
    /// `loading in lowvram mode`, the text of 2024: one number.
    Lowvram,
}

/// A model that gave way, MiB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unload {
    /// What was freed; the text before v0.3.76 does not say.
    pub freed: Option<f64>,
    /// What stayed.
    pub remains: f64,
    /// "buffer reserved"
    pub buffer: Option<f64>,
    /// "lowvram patches"
    pub patches: Option<u32>,
}

impl Load {
    fn new(how: Loaded) -> Self {
        Self {
            how,
            usable: None,
            unlimited: false,
            printed_unlimited: false,
            loaded: None,
            offloaded: None,
            buffer: None,
            patches: None,
            class: None,
            full: None,
            bare: false,
            preloaded: None,
        }
    }

    fn budget(&mut self, usable: Option<f64>) {
        self.usable = usable.filter(|usable| *usable < UNLIMITED);
        self.unlimited = usable.is_some_and(|usable| usable >= UNLIMITED);
        self.printed_unlimited = self.unlimited;
    }
}

/// A line about loading or unloading.
pub(super) fn read(text: &str) -> Option<Event> {
    if let Some(rest) = after(text, "Requested to load ") {
        return Some(Event::Requested(word(rest)?.to_owned()));
    }
    if let Some(rest) = after(text, "Unloaded partially: ") {
        return unloaded(rest).map(Event::Unload);
    }
    if let Some(count) = text.strip_suffix(" models unloaded.").or_else(|| text.strip_suffix(" models unloaded")) {
        return count.parse().ok().map(Event::ModelsUnloaded);
    }
    if let Some(rest) = after(text, "loaded partially: ") {
        return gave_way(rest).map(Event::Unload);
    }
    load_of(text).map(Event::Load)
}

fn load_of(text: &str) -> Option<Load> {
    if text.contains("prepared for dynamic VRAM loading") {
        return dynamic(text);
    }
    after(text, "loaded completely")
        .map(completely)
        .or_else(|| after(text, "loaded partially").map(partially))
        .or_else(|| after(text, "loading in lowvram mode ").or(after(text, "loaded in lowvram mode ")).map(lowvram))
        .flatten()
}

fn completely(rest: &str) -> Option<Load> {
    let mut load = Load::new(Loaded::Completely);
    match rest.strip_prefix(';') {
        Some(rest) => {
            load.budget(number_before(rest, " MB usable"));
            load.unlimited |= load.usable.is_none();
            load.loaded = Some(number_before(rest, " MB loaded")?);
            load.full = after(rest, "full load: ").and_then(truth);
        }
        None => {
            let (usable, rest) = number(rest)?;
            let (loaded, rest) = number(rest)?;
            load.budget(Some(usable));
            (load.loaded, load.full, load.bare) = (Some(loaded), truth(rest), true);
        }
    }
    Some(load)
}

fn partially(rest: &str) -> Option<Load> {
    let mut load = Load::new(Loaded::Partially);
    match rest.strip_prefix(';') {
        Some(rest) => {
            load.budget(number_before(rest, " MB usable"));
            load.loaded = Some(number_before(rest, " MB loaded")?);
            load.offloaded = number_before(rest, " MB offloaded");
            load.buffer = number_before(rest, " MB buffer reserved");
            load.patches = patches(rest);
        }
        None => {
            let (usable, rest) = number(rest)?;
            let (loaded, rest) = number(rest)?;
            load.budget(Some(usable));
            (load.loaded, load.patches, load.bare) = (Some(loaded), whole(rest), true);
        }
    }
    Some(load)
}

fn lowvram(rest: &str) -> Option<Load> {
    let mut load = Load::new(Loaded::Lowvram);
    (load.usable, load.bare) = (Some(number(rest)?.0), true);
    Some(load)
}

/// `Model WAN21 prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached. Force pre-loaded 160 weights: 1603 KB.`
fn dynamic(text: &str) -> Option<Load> {
    let mut load = Load::new(Loaded::Dynamic);
    load.class = after(text, "Model ").and_then(word).map(str::to_owned);
    load.loaded = Some(number_before(text, "MB Staged")?);
    load.patches = number_before(text, " patches attached").map(|count| count as u32);
    load.preloaded = after(text, "Force pre-loaded ").and_then(|rest| {
        let count = whole(rest)?;
        let kib = number_before(rest, " KB")?;
        Some((count, kib as u64))
    });
    Some(load)
}

fn unloaded(rest: &str) -> Option<Unload> {
    Some(Unload {
        freed: number_before(rest, " MB freed"),
        remains: number_before(rest, " MB remains loaded")?,
        buffer: number_before(rest, " MB buffer reserved"),
        patches: patches(rest),
    })
}

/// The text of v0.3.69 to v0.3.75: `loaded partially: 128.00 MB loaded, lowvram patches: 0`.
fn gave_way(rest: &str) -> Option<Unload> {
    let remains = number_before(rest, " MB loaded")?;
    Some(Unload { freed: None, remains, buffer: None, patches: patches(rest) })
}

fn patches(rest: &str) -> Option<u32> {
    after(rest, "lowvram patches: ").and_then(whole)
}

/// The whole number at the start of a text.
fn whole(text: &str) -> Option<u32> {
    let text = text.trim_start();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

fn truth(text: &str) -> Option<bool> {
    match word(text)?.trim_end_matches('.') {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}
