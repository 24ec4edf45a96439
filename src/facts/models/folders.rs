//! Where ComfyUI looks for model files (`folder_paths.py`, `utils/extra_config.py`).

use std::path::{Path, PathBuf};

use crate::facts::launch::Launch;
use crate::facts::workflow::LoaderKind;
use crate::read::extra_paths;
use crate::source::small_text;

/// Largest extra_model_paths.yaml that is read, bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Folder names of ComfyUI's model types, each with the folders below `models` that belong to it.
const KINDS: [(&str, &[&str]); 10] = [
    ("audio_encoders", &["audio_encoders"]),
    ("checkpoints", &["checkpoints"]),
    ("clip_vision", &["clip_vision"]),
    ("controlnet", &["controlnet", "t2i_adapter"]),
    ("diffusion_models", &["unet", "diffusion_models"]),
    ("loras", &["loras"]),
    ("model_patches", &["model_patches"]),
    ("text_encoders", &["text_encoders", "clip"]),
    ("upscale_models", &["upscale_models"]),
    ("vae", &["vae"]),
];

/// The types that a loader looks in, by its kind and class.
pub fn places(kind: LoaderKind, class: &str) -> &'static [&'static str] {
    match kind {
        LoaderKind::Unet | LoaderKind::UnetGguf | LoaderKind::WanVideoModel => &["diffusion_models"],
        LoaderKind::Checkpoint => &["checkpoints"],
        LoaderKind::Clip | LoaderKind::WanVideoTextEncoder => &["text_encoders"],
        LoaderKind::Vae | LoaderKind::WanVideoVae => &["vae"],
        LoaderKind::ClipVision if class == "CLIPVisionLoader" => &["clip_vision"],
        LoaderKind::ClipVision => &["clip_vision", "text_encoders"],
        LoaderKind::Lora | LoaderKind::WanVideoLora => &["loras"],
        LoaderKind::Patch if class == "ModelPatchLoader" => &["model_patches"],
        LoaderKind::Patch => &["controlnet"],
        LoaderKind::AudioEncoder => &["audio_encoders"],
        LoaderKind::Upscaler => &["upscale_models"],
    }
}

/// True when a start of ComfyUI may say something about folders of models.
pub fn concern(launch: &Launch) -> bool {
    let flags = ["--models-directory", "--base-directory", "--extra-model-paths-config"];
    launch.checkout.is_some() || flags.iter().any(|flag| launch.flag(flag).is_some())
}

/// A folder and the type of models in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// ComfyUI's name of the type.
    pub kind: String,
    /// The folder.
    pub path: PathBuf,
}

/// All folders, in the order of the search.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// The folders.
    pub list: Vec<Folder>,
    /// Types of which some folder lies where nothing may be read.
    pub hidden: Vec<String>,
    /// Folders in which, links resolved, reading is allowed.
    allowed: Vec<PathBuf>,
}

impl Folders {
    /// Allows reading below a folder.
    pub(super) fn allow(&mut self, folder: &Path) {
        self.allowed.extend(real(folder));
    }

    /// A path, links resolved, lies where reading is allowed.
    pub fn may_read(&self, path: &Path) -> bool {
        real(path).is_some_and(|path| self.allowed.iter().any(|folder| path.starts_with(folder)))
    }

    /// The usual folders below a `models` folder, or below the ComfyUI folder that holds it.
    pub(super) fn add_models(&mut self, folder: &Path) {
        let usual = |folder: &Path| KINDS.iter().flat_map(|(_, names)| *names).any(|name| folder.join(name).is_dir());
        let inner = folder.join("models");
        let folder = if !usual(folder) && inner.is_dir() { inner } else { folder.to_path_buf() };
        for (kind, names) in KINDS {
            names.iter().for_each(|name| self.add(kind, folder.join(name), false));
        }
    }

    fn add(&mut self, kind: &str, path: PathBuf, first: bool) {
        let kind = kind_of(kind);
        // A folder that is not there holds nothing; one that may not be read may hold anything.
        if !self.could_read(&path) {
            self.hidden.push(kind.to_owned());
            return;
        }
        let folder = Folder { kind: kind.to_owned(), path };
        let known = self.list.iter().position(|other| *other == folder);
        match (known, first) {
            (Some(at), true) => self.list.swap(0, at),
            (Some(_), false) => {}
            (None, true) => self.list.insert(0, folder),
            (None, false) => self.list.push(folder),
        }
    }

    /// A path lies where reading is allowed, or would if it existed.
    fn could_read(&self, path: &Path) -> bool {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        whole.ancestors().find(|folder| folder.exists()).is_some_and(|folder| self.may_read(folder))
    }

    /// The folders that a start of ComfyUI names, and those of its checkout.
    pub(super) fn add_launch(&mut self, script_folder: &Path, launch: &Launch) {
        let comfy = launch.checkout.as_ref().and_then(|found| found.path.parent());
        let base = |flag: &str| launch.flag(flag).and_then(|flag| flag.value()).filter(|word| word.known);
        let below = |text: &str| script_folder.join(unified(text));
        match (base("--models-directory"), base("--base-directory"), comfy) {
            (Some(word), ..) => self.add_models(&below(&word.text)),
            (None, Some(word), _) => self.add_models(&below(&word.text).join("models")),
            (None, None, Some(comfy)) => self.add_models(&comfy.join("models")),
            (None, None, None) => {}
        }
        if let Some(comfy) = comfy {
            self.add_file(&comfy.join("extra_model_paths.yaml"));
        }
        let named = launch.flags.iter().filter(|flag| flag.name == Some("--extra-model-paths-config"));
        for word in named.flat_map(|flag| &flag.values).filter(|word| word.known) {
            let text = unified(&word.text);
            let folders = [Some(script_folder), comfy].into_iter().flatten();
            let file = folders.map(|folder| folder.join(&text)).find(|file| file.is_file());
            self.add_file(&file.unwrap_or_else(|| script_folder.join(text)));
        }
    }

    /// The folders of an `extra_model_paths.yaml`.
    pub(super) fn add_file(&mut self, file: &Path) {
        if !file.exists() {
            return;
        }
        let sections = self
            .may_read(file)
            .then(|| small_text(file, MAX_BYTES))
            .flatten()
            .and_then(|text| extra_paths::read(&text));
        let Some(sections) = sections else {
            // Any folder may be named there.
            self.hidden.extend(KINDS.iter().map(|(kind, _)| (*kind).to_owned()));
            return;
        };
        let here = file.parent().unwrap_or(Path::new(""));
        for section in sections {
            let base = section.base.as_deref().unwrap_or_default();
            for (kind, path) in &section.folders {
                match elsewhere(base) || elsewhere(path) {
                    true => self.hidden.push(kind_of(kind).to_owned()),
                    false => self.add(kind, here.join(unified(base)).join(unified(path)), section.is_default),
                }
            }
        }
    }
}

/// The names that ComfyUI keeps for older configurations (`folder_paths.map_legacy`).
fn kind_of(name: &str) -> &str {
    match name {
        "unet" => "diffusion_models",
        "clip" => "text_encoders",
        name => name,
    }
}

/// A path that only the machine it was written for can resolve: its home, its variables, its drives.
fn elsewhere(path: &str) -> bool {
    let path = path.trim();
    let drive = cfg!(not(windows)) && path.as_bytes().get(1) == Some(&b':');
    drive || path.starts_with('~') || path.contains(['$', '%'])
}

/// Windows paths are written with either slash.
fn unified(path: &str) -> String {
    path.trim().replace('\\', "/")
}

fn real(path: &Path) -> Option<PathBuf> {
    if path.as_os_str().is_empty() { Path::new(".").canonicalize().ok() } else { path.canonicalize().ok() }
}
