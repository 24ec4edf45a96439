//! Model files: the names, types and shapes that their headers state. The weights themselves are never read.
//!
//! safetensors (the format's own description) and GGUF (ggml's). What takes the place of weights now and then - Git LFS
//! pointers, web pages, nothing at all - is told apart, and pickles are named but never opened as such.

mod dtype;
mod fault;
mod gguf;
mod limits;
mod safetensors;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

pub use dtype::Dtype;
pub use fault::Fault;

/// Endings of model files in ComfyUI's lists (`folder_paths.supported_pt_extensions`), and GGUF.
pub const EXTENSIONS: [&str; 9] = ["safetensors", "sft", "gguf", "ckpt", "pt", "pt2", "bin", "pth", "pkl"];

/// The file formats that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.safetensors`, `.sft`
    Safetensors,
    /// `.gguf`
    Gguf,
    /// Whatever Python pickled: `.ckpt`, `.pt`, `.pth`, `.bin`, `.pkl`. Never opened as such.
    Pickle,
}

impl Format {
    /// The format that a name promises; `None` for names of no model file.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        let extension = EXTENSIONS.into_iter().find(|known| known.eq_ignore_ascii_case(extension))?;
        Some(match extension {
            "safetensors" | "sft" => Self::Safetensors,
            "gguf" => Self::Gguf,
            _ => Self::Pickle,
        })
    }

    /// The word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Gguf => "GGUF",
            Self::Pickle => "pickle",
        }
    }
}

/// One tensor as its header states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// The whole name.
    pub name: Box<str>,
    /// Type of its elements, or of its blocks.
    pub dtype: Dtype,
    /// Sizes of its dimensions, outermost first (GGUF states them the other way round).
    pub shape: Box<[u64]>,
    /// Bytes that it takes in the file.
    pub bytes: u64,
}

impl Tensor {
    /// Number of elements; stops at the largest number rather than overflow.
    pub fn elements(&self) -> u64 {
        self.shape.iter().fold(1, |product, side| product.saturating_mul(*side))
    }
}

/// A model file as far as its header goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weights {
    /// All tensors, by name.
    pub tensors: Vec<Tensor>,
    /// Texts beside the tensors: `__metadata__` of safetensors, the key-value pairs of GGUF that are texts or numbers.
    pub metadata: Vec<(String, String)>,
}

impl Weights {
    /// A tensor by its name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        let at = self.tensors.binary_search_by(|tensor| (*tensor.name).cmp(name)).ok()?;
        self.tensors.get(at)
    }

    /// A text beside the tensors.
    pub fn note(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(name, _)| name == key).map(|(_, text)| text.as_str())
    }

    /// Bytes of all tensors in the file.
    pub fn bytes(&self) -> u64 {
        self.tensors.iter().fold(0, |sum, tensor| sum.saturating_add(tensor.bytes))
    }
}

/// What was found where weights were expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// The format that the content has, else the one that the name promises.
    pub format: Format,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// What the header says; also there when the end of the file is missing.
    pub weights: Option<Weights>,
    /// What is wrong with the file.
    pub fault: Option<Fault>,
}

impl ModelFile {
    fn new(format: Format, bytes: u64) -> Self {
        Self { format, bytes, weights: None, fault: None }
    }

    fn broken(format: Format, bytes: u64, fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::new(format, bytes) }
    }
}

/// Reads the header of a model file.
///
/// # Errors
/// What the operating system says when the file cannot be opened or read.
pub fn read(path: &Path) -> std::io::Result<ModelFile> {
    let promised = path.file_name().and_then(|name| name.to_str()).and_then(Format::of_name);
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut head = Vec::new();
    (&mut file).take(fault::HEAD).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(interpret(&mut file, &head, bytes, promised.unwrap_or(Format::Safetensors)))
}

/// Reads a header from bytes in memory, as if they were a file of `bytes` bytes (tests, fuzzing).
pub fn read_bytes(content: &[u8], bytes: u64, promised: Format) -> ModelFile {
    let head = &content[..content.len().min(fault::HEAD as usize)];
    interpret(&mut std::io::Cursor::new(content), head, bytes, promised)
}

/// The content decides before the name does: a GGUF file with another ending is still one.
fn interpret(file: &mut (impl std::io::Read + std::io::Seek), head: &[u8], bytes: u64, promised: Format) -> ModelFile {
    if let Some(fault) = fault::impostor(head, bytes) {
        return ModelFile::broken(promised, bytes, fault);
    }
    if gguf::starts(head) {
        return settled(Format::Gguf, bytes, gguf::read(file, bytes));
    }
    match promised {
        Format::Pickle => ModelFile::new(Format::Pickle, bytes),
        Format::Gguf => ModelFile::broken(Format::Gguf, bytes, Fault::Broken("it does not begin with GGUF".to_owned())),
        Format::Safetensors if fault::is_pickle(head) => {
            let words = "it is a pickle (.pt, .ckpt) under another name".to_owned();
            ModelFile::broken(Format::Pickle, bytes, Fault::Broken(words))
        }
        Format::Safetensors => settled(Format::Safetensors, bytes, safetensors::read(file, bytes)),
    }
}

fn settled(format: Format, bytes: u64, result: Result<(Weights, Option<Fault>), Fault>) -> ModelFile {
    match result {
        Ok((weights, fault)) => ModelFile { weights: Some(weights), fault, ..ModelFile::new(format, bytes) },
        Err(fault) => ModelFile::broken(format, bytes, fault),
    }
}
