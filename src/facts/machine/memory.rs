//! How much memory a card has, and how much of it others hold.

use super::{Machine, Os, Range};

/// What the CUDA context and small tensors take more at a load than when the server had just started, MiB, at most.
///
/// Measured on an H100 (ComfyUI 0.3.64, torch 2.11, Wan 14B): 70.00 and 85.84 less usable than the start showed, of which 76 are the
/// context's kernels and workspaces. ComfyUI issue 10684 shows 170.12 between two loads of one start, the most that is known.
pub const GROWTH_MIB: f64 = 170.12;

impl Machine {
    /// Takes over what others hold as a server tells it that runs: at least that, and as much more as its context may grow by.
    pub fn see_others(&mut self, held_mib: f64) {
        self.stated_others = Some((held_mib, held_mib + GROWTH_MIB));
        self.others_may_grow = true;
    }

    /// Total VRAM under a system, MiB; `None` when no card is known.
    pub fn total_mib(&self, os: Option<Os>) -> Option<Range> {
        self.stated_total.or_else(|| self.card.as_ref().map(|card| card.total_mib(self.os.or(os))))
    }

    /// VRAM held by other programs and by the CUDA context, MiB: stated, detected, or a usual range for the system.
    ///
    /// Measured on a Windows desktop with an RTX 5090: 1679.56 MiB at idle (ComfyUI issue 11186); the ranges around it
    /// and for headless Linux are estimates, and reports say so.
    pub fn others_mib(&self, os: Option<Os>) -> Range {
        self.stated_others.unwrap_or_else(|| self.usual_others_mib(os))
    }

    /// What other programs and the CUDA context usually hold, whatever was stated: the ranges of [`Machine::others_mib`].
    pub fn usual_others_mib(&self, os: Option<Os>) -> Range {
        match self.os.or(os) {
            Some(Os::Windows) if self.total_mib(os).is_some_and(|(low, _)| low > 15_360.0) => (1400.0, 1900.0),
            Some(Os::Windows) => (700.0, 1900.0),
            Some(Os::Linux) => (500.0, 700.0),
            None => (500.0, 1900.0),
        }
    }
}

/// GPU memory is handed out in pages, the smallest of 4 KiB: what is in use is a whole number of them.
pub(super) fn whole_pages(mib: f64) -> f64 {
    (mib * 256.0).ceil() / 256.0
}
