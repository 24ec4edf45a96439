//! Which kind of file it is.

use super::{ebml, png, safetensors};

/// What kind of file holds a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// PNG, animated or not.
    Png,
    /// WebP.
    WebP,
    /// AVIF.
    Avif,
    /// MP4.
    Mp4,
    /// QuickTime.
    Mov,
    /// WebM.
    WebM,
    /// Matroska that is not WebM.
    Mkv,
    /// FLAC.
    Flac,
    /// Ogg: Opus, Vorbis.
    Ogg,
    /// MP3.
    Mp3,
    /// Safetensors: a latent, or a model that ComfyUI saved.
    Safetensors,
}

impl Container {
    /// The word in JSON reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Avif => "avif",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::WebM => "webm",
            Self::Mkv => "mkv",
            Self::Flac => "flac",
            Self::Ogg => "ogg",
            Self::Mp3 => "mp3",
            Self::Safetensors => "safetensors",
        }
    }

    /// The word in sentences.
    pub fn title(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Avif => "AVIF",
            Self::Mp4 => "MP4",
            Self::Mov => "MOV",
            Self::WebM => "WebM",
            Self::Mkv => "MKV",
            Self::Flac => "FLAC",
            Self::Ogg => "Ogg",
            Self::Mp3 => "MP3",
            Self::Safetensors => "safetensors",
        }
    }

    /// The container of a file by its first bytes ([`HEAD`] of them are enough); `None` for every other kind of file.
    pub fn of(head: &[u8]) -> Option<Self> {
        let at = |offset: usize, mark: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(mark));
        match () {
            () if at(0, png::SIGNATURE) => Some(Self::Png),
            () if at(0, b"RIFF") && at(8, b"WEBP") => Some(Self::WebP),
            () if at(4, b"ftypavif") || at(4, b"ftypavis") => Some(Self::Avif),
            () if at(4, b"ftypqt  ") || [&b"moov"[..], b"mdat", b"wide"].iter().any(|mark| at(4, mark)) => {
                Some(Self::Mov)
            }
            () if at(4, b"ftyp") => Some(Self::Mp4),
            () if at(0, ebml::SIGNATURE) => Some(ebml::container(head)),
            () if at(0, b"fLaC") => Some(Self::Flac),
            () if at(0, b"OggS") => Some(Self::Ogg),
            () if at(0, b"ID3") || is_mpeg_audio(head) => Some(Self::Mp3),
            () if safetensors::is_header(head) => Some(Self::Safetensors),
            () => None,
        }
    }
}

/// How many first bytes tell what a file is.
pub const HEAD: usize = 64;

/// The sync word of MPEG audio, layer III.
fn is_mpeg_audio(head: &[u8]) -> bool {
    matches!(head, [0xff, 0xfa | 0xfb | 0xf2 | 0xf3 | 0xe2 | 0xe3, ..])
}
