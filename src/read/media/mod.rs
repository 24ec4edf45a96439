//! Workflows inside media files: what ComfyUI writes into the images, videos, sounds and latents that it saves.
//!
//! A file is known by its first bytes, never by its name. Only the parts that can hold a text are read, by seeking: a video
//! of many GiB costs as much as a small one. Every size in a file is a claim: it is checked against the file's length, no
//! text beyond [`MAX_TEXT`] is read, and no more than [`MAX_READS`] pieces are looked at.
//!
//! Where each container keeps the texts is what ComfyUI 0.3.64 was seen to write, and what its frontend reads
//! (`src/scripts/metadata/` of ComfyUI_frontend); Video Helper Suite (`videohelpersuite/nodes.py`) puts both into one comment.

mod avif;
mod comment;
mod container;
mod ebml;
mod flac;
mod id3;
mod input;
mod isobmff;
mod ogg;
mod png;
mod safetensors;
mod texts;
mod tiff;
mod vorbis;
mod webp;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

pub use container::{Container, HEAD};
use input::Input;
pub use input::{Fault, MAX_READS, MAX_TEXT};
use texts::{Texts, inflate, latin1};

/// Which of the two texts of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The API prompt exactly as it was executed.
    Prompt,
    /// The workflow as the browser saved it; API clients often send none.
    Workflow,
}

impl Key {
    /// The key as ComfyUI writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Workflow => "workflow",
        }
    }
}

/// Where a text lies inside another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Embedded {
    /// The kind of the file around it.
    pub container: Container,
    /// The key under which it lies there.
    pub key: Key,
}

impl std::fmt::Display for Embedded {
    /// `prompt in PNG`
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} in {}", self.key.name(), self.container.title())
    }
}

/// The texts of one media file.
#[derive(Debug)]
pub struct Media {
    /// What the file is.
    pub container: Container,
    /// The API prompt, as bytes of JSON (UTF-8 where the file is sound).
    pub prompt: Option<Vec<u8>>,
    /// The workflow of the browser, likewise.
    pub workflow: Option<Vec<u8>>,
    /// Why reading stopped before the end. What was found until then counts.
    pub fault: Option<Fault>,
}

impl Media {
    /// Reads a media file; `None` when its first bytes are those of no container that is read.
    ///
    /// # Errors
    /// What the operating system says when the file cannot be opened or read.
    pub fn open(path: &Path) -> std::io::Result<Option<Self>> {
        Self::read(&mut File::open(path)?)
    }

    /// As [`Media::open`], from bytes that are already there.
    ///
    /// # Errors
    /// What the reader says.
    pub fn read<R: Read + Seek>(from: &mut R) -> std::io::Result<Option<Self>> {
        let mut input = Input::new(from)?;
        let head = input.head()?;
        let Some(container) = Container::of(&head) else { return Ok(None) };
        let mut texts = Texts::default();
        let fault = match read(container, &mut input, &mut texts) {
            Err(Fault::Io(error)) => return Err(error),
            result => result.err(),
        };
        comment::unpack(&mut texts);
        Ok(Some(Self { container, prompt: texts.prompt, workflow: texts.workflow, fault }))
    }

    /// Takes a text out.
    pub fn take(&mut self, key: Key) -> Option<Vec<u8>> {
        match key {
            Key::Prompt => self.prompt.take(),
            Key::Workflow => self.workflow.take(),
        }
    }
}

/// The container of a file by its first bytes; `None` for any other file, and for one that cannot be opened.
pub fn container(path: &Path) -> Option<Container> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head)).ok()?;
    Container::of(&head)
}

fn read(container: Container, input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    match container {
        Container::Png => png::read(input, texts),
        Container::WebP => webp::read(input, texts),
        Container::Avif => avif::read(input, texts),
        Container::Mp4 | Container::Mov => isobmff::read(input, texts),
        Container::WebM | Container::Mkv => ebml::read(input, texts),
        Container::Flac => flac::read(input, 0, texts),
        Container::Ogg => ogg::read(input, texts),
        Container::Mp3 => id3::read(input, texts),
        Container::Safetensors => safetensors::read(input, texts),
    }
}
