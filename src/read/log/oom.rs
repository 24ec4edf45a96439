//! Memory that ran out, in the words of every era: torch's old and new allocators, the driver, ComfyUI itself.

use super::{Entry, Event, number};
use crate::span::Span;

/// Memory that ran out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutOfMemory {
    /// What the error says, MiB.
    pub figures: Vec<(Figure, f64)>,
}

/// What a figure of an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// What was asked for.
    Requested,
    /// What the card has.
    Total,
    /// What was free.
    Free,
    /// What torch had handed out.
    Allocated,
    /// What torch held without using it.
    Unallocated,
    /// What the process held in all.
    InUse,
}

impl OutOfMemory {
    /// Takes over what another line of the same error says.
    pub(super) fn join(&mut self, other: Self) {
        for (figure, mib) in other.figures {
            if self.get(figure).is_none() {
                self.figures.push((figure, mib));
            }
        }
    }

    /// What other processes held, MiB, where the error tells all that it takes: the total is rounded to hundredths of a GiB, so this
    /// is known to ten MiB or so.
    pub fn others(&self) -> Option<f64> {
        let held = self.get(Figure::Total)? - self.get(Figure::Free)? - self.get(Figure::InUse)?;
        (held > -16.0).then(|| held.max(0.0))
    }

    /// A figure, MiB.
    pub fn get(&self, figure: Figure) -> Option<f64> {
        self.figures.iter().find(|(known, _)| *known == figure).map(|(_, mib)| *mib)
    }
}

/// Texts that say that memory ran out.
const PHRASES: [&str; 9] = [
    "Allocation on device",
    "CUDA out of memory",
    "HIP out of memory",
    "XPU out of memory",
    "CUDA error: out of memory",
    "OutOfMemoryError",
    "Got an OOM",
    "Ran out of memory when regular VAE",
    "Encountered Out of Memory during VAE",
];

/// A line that says that memory ran out. A retry in tiles says so on its own.
pub(super) fn read(text: &str) -> Option<Event> {
    if !PHRASES.iter().any(|phrase| text.contains(phrase)) {
        return None;
    }
    let mut found = OutOfMemory::default();
    let sentences: [(&str, Figure); 6] = [
        ("Tried to allocate ", Figure::Requested),
        ("has a total capacity of ", Figure::Total),
        ("of which ", Figure::Free),
        ("this process has ", Figure::InUse),
        ("Of the allocated memory ", Figure::Allocated),
        ("is allocated by PyTorch, and ", Figure::Unallocated),
    ];
    for (phrase, figure) in sentences {
        found.figures.extend(super::after(text, phrase).and_then(size).map(|mib| (figure, mib)));
    }
    Some(Event::OutOfMemory(found))
}

/// The lines below `Allocation on device 0 would exceed allowed memory`: a name, a colon, a size.
pub(super) fn continues(last: Option<&mut Entry>, text: &str, _span: Span) -> bool {
    let Some(Entry { event: Event::OutOfMemory(error), .. }) = last else { return false };
    let Some((name, rest)) = text.split_once(':') else { return false };
    let figure = match name.trim() {
        "Currently allocated" => Figure::Allocated,
        "Requested" => Figure::Requested,
        "Device limit" => Figure::Total,
        "Free (according to CUDA)" => Figure::Free,
        _ => return false,
    };
    if let Some(mib) = size(rest) {
        error.join(OutOfMemory { figures: vec![(figure, mib)] });
    }
    true
}

/// `226.00 MiB` in MiB.
fn size(text: &str) -> Option<f64> {
    let (value, unit) = number(text)?;
    let factor = match unit.split_whitespace().next()?.trim_end_matches(['.', ',', ';', ')']) {
        "bytes" | "B" => 1.0 / 1_048_576.0,
        "KiB" => 1.0 / 1024.0,
        "MiB" => 1.0,
        "GiB" => 1024.0,
        "TiB" => 1_048_576.0,
        _ => return None,
    };
    Some(value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_eras_with_their_figures() {
        let text = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 226.00 MiB. GPU 0 has a total capacity of 22.06 GiB of \
                    which 112.69 MiB is free. Including non-PyTorch memory, this process has 21.90 GiB memory in use. Of the allocated \
                    memory 21.50 GiB is allocated by PyTorch, and 128.00 MiB is reserved by PyTorch but unallocated.";
        let Some(Event::OutOfMemory(error)) = read(text) else { panic!("not read") };
        assert_eq!(error.get(Figure::Requested), Some(226.0));
        assert_eq!(error.get(Figure::Total), Some(22.06 * 1024.0));
        assert_eq!(error.get(Figure::Free), Some(112.69));
        let others = error.others().unwrap();
        assert!((others - 51.15).abs() < 0.01, "{others}");
        assert_eq!(error.get(Figure::Unallocated), Some(128.0));
        let lines = "Allocation on device 0 would exceed allowed memory. (out of memory)\nCurrently allocated     : 29.60 GiB\n\
                     Requested               : 128.91 MiB\nDevice limit            : 31.36 GiB\nFree (according to CUDA): 28.69 MiB\n";
        let document = super::super::read(lines);
        let [Entry { event: Event::OutOfMemory(error), .. }] = document.entries.as_slice() else {
            panic!("{document:?}")
        };
        assert_eq!(error.get(Figure::Allocated), Some(29.60 * 1024.0));
        assert_eq!(error.get(Figure::Requested), Some(128.91));
        assert_eq!(error.get(Figure::Free), Some(28.69));
    }
}
