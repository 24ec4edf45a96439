//! Which releases write lines of a form (ComfyUI model_patcher.py, model_management.py, app/logger.py of each release).

use crate::facts::versions::Version;
use crate::read::log::{Load, Loaded, Trait, Unload};
use crate::span::Span;

/// Releases that are consistent with the wording of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounds {
    /// The first release that writes all of it.
    pub since: Option<Limit>,
    /// The first later release that no longer does.
    pub until: Option<Limit>,
}

/// A bound, and the line that sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The release.
    pub version: Version,
    /// The line.
    pub span: Span,
}

const FIRST_UNITS: Version = Version::new(0, 3, 68);
const FIRST_OWN_UNLOAD: Version = Version::new(0, 3, 69);
const FIRST_BUFFER: Version = Version::new(0, 3, 76);
const FIRST_SPARSE: Version = Version::new(0, 8, 1);
const FIRST_DYNAMIC: Version = Version::new(0, 12, 0);
const FIRST_PRELOADED: Version = Version::new(0, 16, 0);
const FIRST_LEVELS: Version = Version::new(0, 23, 0);

impl Bounds {
    /// True when no release writes all of it.
    pub fn contradict(&self) -> bool {
        matches!((self.since, self.until), (Some(since), Some(until)) if since.version >= until.version)
    }

    /// True when a release writes all of it.
    pub fn allow(&self, version: Version) -> bool {
        self.since.is_none_or(|since| since.version <= version)
            && self.until.is_none_or(|until| version < until.version)
    }

    pub(super) fn form(&mut self, form: Trait, span: Span) {
        match form {
            Trait::Levels => self.since(FIRST_LEVELS, span),
        }
    }

    /// Takes over what the wording of a load says.
    pub fn load(&mut self, load: &Load, span: Span) {
        match load.how {
            Loaded::Dynamic => {
                let first = if load.preloaded.is_some() { FIRST_PRELOADED } else { FIRST_DYNAMIC };
                self.since(first, span);
            }
            _ if load.bare => self.until(FIRST_UNITS, span),
            Loaded::Completely if load.unlimited => self.unlimited(load, span),
            Loaded::Completely | Loaded::Lowvram => self.since(FIRST_UNITS, span),
            Loaded::Partially => {
                self.since(if load.buffer.is_some() { FIRST_BUFFER } else { FIRST_UNITS }, span);
                // Without the patches behind it the line may be cut off.
                if load.buffer.is_none() && load.patches.is_some() {
                    self.until(FIRST_BUFFER, span);
                }
            }
        }
    }

    /// The budget that is none was printed as a number of 26 digits, until it was left out.
    fn unlimited(&mut self, load: &Load, span: Span) {
        if load.printed_unlimited {
            self.since(FIRST_UNITS, span);
            self.until(FIRST_SPARSE, span);
        } else {
            self.since(FIRST_SPARSE, span);
        }
    }

    pub(super) fn unload(&mut self, unload: &Unload, span: Span) {
        match unload.freed {
            Some(_) => self.since(FIRST_BUFFER, span),
            None => {
                self.since(FIRST_OWN_UNLOAD, span);
                self.until(FIRST_BUFFER, span);
            }
        }
    }

    fn since(&mut self, version: Version, span: Span) {
        if self.since.is_none_or(|since| since.version < version) {
            self.since = Some(Limit { version, span });
        }
    }

    fn until(&mut self, version: Version, span: Span) {
        if self.until.is_none_or(|until| version < until.version) {
            self.until = Some(Limit { version, span });
        }
    }
}
