//! What node classes take and give: ComfyUI's own (0.33.0 and 0.3.64), a few of custom packs, and those of a server whose
//! `/object_info` was stated.
//!
//! The embedded facts are text that is searched as it stands and decoded class by class, each at most once in a process
//! (`catalog/nodes.txt`, made by `UPDATE_NODES=1 cargo test --test workflow`, and `catalog/custom_nodes.txt`, written by
//! hand). [`encode`] describes the lines.

mod decode;
pub mod encode;
mod hash;
mod lines;
mod spec;
mod stated;

use std::sync::Arc;

use crate::facts::versions::Version;
use lines::Line;

pub use spec::{Autogrow, Default, Eras, NodeSpec, Options, Range, Socket, Widget, WidgetKind};
pub use stated::Stated;

/// The release of the older half of the embedded facts.
pub const OLD: Version = Version::new(0, 3, 64);
/// The release of the newer half: it holds what 0.33.0 has and a few days more.
pub const NEW: Version = Version::new(0, 33, 0);

/// Classes that changed between the two releases, and the first release that no longer has the old form: from release notes of
/// the server. The last form of SaveVideo came after 0.33.0, so that from 0.30.0 to there nobody knows which it is.
const CHANGED: [(&str, Version); 2] =
    [("SaveVideo", Version::new(0, 30, 0)), ("ImageScaleToTotalPixels", Version::new(0, 6, 0))];

/// Classes that changed once more after [`NEW`].
const CHANGED_SINCE: [&str; 1] = ["SaveVideo"];

/// Where schemas are looked up: the embedded facts, and in front of them those of a server when they were stated. Cheap to clone.
#[derive(Clone, Debug, std::default::Default)]
pub struct Catalog {
    stated: Option<Arc<Stated>>,
}

/// Whose schemas are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Those of the stated server.
    Stated,
    /// Those of [`OLD`].
    Old,
    /// Those of [`NEW`].
    New,
}

impl Catalog {
    /// A catalog that asks a server's answer first.
    pub fn with(stated: Stated) -> Self {
        Self { stated: Some(Arc::new(stated)) }
    }

    /// The class of this name, in the newest form that is known; `None` when nothing is known about it.
    pub fn lookup(&self, class: &str) -> Option<&'static NodeSpec> {
        self.stated.as_ref().and_then(|stated| stated.lookup(class)).or_else(|| lookup(class))
    }

    /// The answer of a server that knows all its classes: what it does not list, it does not have.
    pub fn server(&self) -> Option<&Stated> {
        self.stated.as_deref().filter(|stated| stated.is_whole())
    }

    /// The schemas that are consistent with a version of ComfyUI: the stated server's, else those of one or of both releases.
    pub fn eras(&self, version: Option<Version>) -> Vec<Era> {
        match version {
            _ if self.server().is_some() => vec![Era::Stated],
            Some(version) if version <= OLD => vec![Era::Old],
            Some(version) if version >= NEW => vec![Era::New],
            _ => vec![Era::New, Era::Old],
        }
    }

    /// The class as one of them has it; `None` when it does not.
    pub fn at(&self, class: &str, era: Era) -> Option<&'static NodeSpec> {
        let stated = self.stated.as_ref().and_then(|stated| stated.lookup(class));
        stated.or_else(|| forms(class).map(Line::spec).find(|spec| spec.is_of(era)))
    }

    /// As [`Catalog::at`] for a class whose newest form is at hand: nearly all classes have only one.
    pub fn form_of(&self, newest: &'static NodeSpec, era: Era) -> Option<&'static NodeSpec> {
        if newest.is_of(era) || self.states(newest.class) { Some(newest) } else { self.at(newest.class, era) }
    }

    /// True for a class that was stated, by a whole answer or a part of one.
    pub fn states(&self, class: &str) -> bool {
        self.stated.as_ref().is_some_and(|stated| stated.has(class))
    }

    /// The half of the facts that holds for a class in a version, where it is known better than for the release as a whole.
    pub fn form(&self, class: &str, version: Option<Version>) -> Option<Era> {
        let (_, changed) = CHANGED.iter().find(|(known, _)| *known == class)?;
        match version? {
            _ if self.states(class) => None,
            version if version < *changed => Some(Era::Old),
            _ if CHANGED_SINCE.contains(&class) => None,
            _ => Some(Era::New),
        }
    }

    /// False for a class of which nobody knows what form it has in that very version.
    pub fn is_sure(&self, class: &str, version: Option<Version>) -> bool {
        self.states(class) || version != Some(NEW) || !CHANGED_SINCE.contains(&class)
    }

    /// Where the schemas come from, in words.
    pub fn described(&self) -> String {
        match &self.stated {
            None => "embedded facts".to_owned(),
            Some(stated) if stated.is_whole() => format!("the {} classes of the stated server", stated.names().count()),
            Some(stated) => format!("embedded facts and {} stated", stated.names().count()),
        }
    }

    /// All class names that are known, for "did you mean".
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let embedded = self.server().is_none().then(names).into_iter().flatten();
        self.stated.iter().flat_map(|stated| stated.names()).chain(embedded)
    }

    /// Those of [`Catalog::names`] that may be a slip of a name with so many letters: the lengths are told before the names.
    pub fn names_about(&self, letters: usize) -> impl Iterator<Item = &'static str> {
        let embedded = self.server().is_none().then(|| lines::all().filter(move |line| line.is_about(letters)));
        let embedded = embedded.into_iter().flatten().map(Line::name).filter(|name| !name.starts_with('#'));
        self.stated.iter().flat_map(|stated| stated.names()).chain(embedded)
    }
}

/// The embedded class of this name: its newest form.
pub fn lookup(class: &str) -> Option<&'static NodeSpec> {
    forms(class).next().map(Line::spec)
}

/// True when the embedded facts have the class.
pub fn is_known(class: &str) -> bool {
    lookup(class).is_some()
}

/// All embedded class names, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    lines::all().map(Line::name).filter(|name| !name.starts_with('#'))
}

/// The forms of a class: the newest first.
fn forms(class: &str) -> impl Iterator<Item = Line> + use<> {
    lines::find(class).filter(|line| !line.name().starts_with('#'))
}

/// A list of options that several inputs share, as JSON.
fn shared_list(number: &str) -> &'static str {
    lines::find(&format!("#{number}")).next().map_or("[]", Line::rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn every_line_is_found_and_decodes() {
        let mut last = "";
        for name in lines::all().map(Line::name) {
            assert!(last <= name, "{last} before {name}");
            last = name;
        }
        for name in names() {
            let spec = lookup(name).unwrap();
            assert_eq!(spec.class, name);
            assert!(name.is_ascii(), "{name}");
            for widget in &spec.widgets {
                assert!(widget.default().is_some() || widget.default.is_empty(), "{name}.{}", widget.name);
                assert!(widget.name.is_empty() || !widget.kind_name().is_empty(), "{name}.{}", widget.name);
                let combo = matches!(widget.kind, WidgetKind::Combo | WidgetKind::DynamicCombo);
                assert_eq!(combo, widget.options != Options::None, "{name}.{}", widget.name);
                let options = widget.options();
                let offered = |option: &String| {
                    widget.offers(option) == Some(true) || widget.offers_number(option.parse().unwrap()) == Some(true)
                };
                assert!(options.iter().all(offered), "{name}.{}", widget.name);
                assert_ne!(widget.offers("no such choice"), Some(true));
            }
        }
        for absent in ["", "A", "zzzz", "KSample", "KSamplerAdvance", "\u{e9}", "#1", "#001"] {
            assert!(lookup(absent).is_none(), "{absent}");
        }
        let size: usize = lines::all().map(|line| line.name().len() + 1 + line.rest().len()).sum();
        assert!(size < 300_000, "{size}");
    }

    #[test]
    fn reads_the_details() {
        let spec = lookup("KSamplerAdvanced").unwrap();
        assert_eq!(spec.outputs, ["LATENT"]);
        assert_eq!(spec.inputs.iter().map(|socket| socket.kind).collect::<Vec<_>>()[..2], ["MODEL", "CONDITIONING"]);
        let seed = spec.widget("noise_seed").unwrap();
        assert!(seed.control && seed.kind == WidgetKind::Int);
        let cfg = spec.widget("cfg").unwrap();
        assert_eq!((cfg.kind, cfg.default()), (WidgetKind::Float(1), Some(Default::Float(8.0))));
        assert_eq!((cfg.range.min, cfg.range.max, cfg.range.step), (Some(0.0), Some(100.0), Some(0.1)));
        assert!(spec.widget("sampler_name").unwrap().offers("euler").unwrap());
        assert!(lookup("SaveVideo").unwrap().output_node);
        let button = lookup("LoadImageMask").unwrap().widgets.last().unwrap();
        assert_eq!((button.kind, button.name), (WidgetKind::Button, ""));
        assert!(lookup("UNETLoader").unwrap().widget("unet_name").unwrap().options == Options::Host(None));
    }

    #[test]
    fn knows_what_changed_between_the_releases() {
        let catalog = Catalog::default();
        let has = |era| catalog.at("ImageScaleToTotalPixels", era).unwrap().widget("resolution_steps").is_some();
        assert_eq!((has(Era::Old), has(Era::New)), (false, true));
        assert!(catalog.at("ComfySwitchNode", Era::Old).is_none() && catalog.at("SaveLoRANode", Era::New).is_none());
        assert!(catalog.at("INTConstant", Era::Old).is_some() && catalog.at("KSampler", Era::Stated).is_none());
        assert_eq!(catalog.eras(Some(OLD)), [Era::Old]);
        assert_eq!(catalog.eras(Some(Version::new(0, 5, 0))).len(), 2);
        assert_eq!(catalog.form("SaveVideo", Some(Version::new(0, 3, 70))), Some(Era::Old));
        assert_eq!(catalog.form("SaveVideo", Some(NEW)), None);
        assert_eq!(catalog.form("ImageScaleToTotalPixels", Some(Version::new(0, 6, 0))), Some(Era::New));
        assert!(!catalog.is_sure("SaveVideo", Some(NEW)) && catalog.is_sure("SaveVideo", None));
    }

    #[test]
    fn grown_and_matched_inputs_are_described() {
        let batch = lookup("BatchImagesNode").unwrap().socket("images").unwrap();
        let grow = batch.autogrow.as_ref().unwrap();
        assert_eq!((grow.min, grow.count(), grow.kind), (1, 50, "IMAGE"));
        assert_eq!(grow.names().take(2).collect::<Vec<_>>(), ["image0", "image1"]);
        let math = lookup("ComfyMathExpression").unwrap().socket("values").unwrap();
        assert_eq!(math.autogrow.as_ref().unwrap().names().nth(25).unwrap(), "z");
        assert_eq!(lookup("ComfySwitchNode").unwrap().socket("on_true").unwrap().matching, "switch");
        assert_eq!(lookup("ComfyMathExpression").unwrap().output_name(2), "BOOL");
    }

    #[test]
    fn dynamic_combos_show_their_inputs() {
        let spec = lookup("SaveVideo").unwrap();
        let shown = |format: &'static str| {
            let chosen = move |name: &str| match name {
                "format" => Some(Cow::Borrowed(format)),
                "format.codec" => Some(Cow::Borrowed("h264")),
                _ => None,
            };
            spec.widgets.iter().filter(|widget| widget.shown(chosen)).map(|widget| widget.name).collect::<Vec<_>>()
        };
        assert!(shown("auto").contains(&"format.codec.encoding"));
        assert!(!shown("auto").contains(&"format.codec.encoding.crf"));
        assert!(!shown("no such").contains(&"format.codec"));
    }
}
