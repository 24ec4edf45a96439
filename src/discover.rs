//! Paths become files and their kind.

mod ignored;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder};

use ignored::Ignored;

use crate::read::media::{self, Container};
use crate::read::script::Dialect;
use crate::read::settings::Launcher;
use crate::read::weights::Format;

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A script or another file that starts programs.
    Script(Dialect),
    /// JSON that may be a workflow: its content decides.
    Json,
    /// An image, a video, a sound or a latent that may hold a workflow: its content decides.
    Media,
    /// `wanlint.toml`.
    Config,
    /// Settings of a program beside ComfyUI: ComfyUI-Manager's `config.ini`, WSL's `.wslconfig`.
    Settings,
    /// A model file: of these only the header is read, and only when one is named.
    Model,
    /// A log of ComfyUI: `wanlint log` reads it, and no other command does.
    Log,
}

/// Endings of the media files that ComfyUI writes a workflow into. They matter while walking only.
const MEDIA: [&str; 15] =
    ["png", "apng", "webp", "avif", "mp4", "m4v", "mov", "webm", "mkv", "flac", "opus", "ogg", "oga", "mp3", "latent"];

impl Kind {
    /// The kind of a file by its name; `None` for files that wanlint does not read, and for media files: they are read when
    /// they are named, or when the caller asks for them.
    pub fn of(path: &Path) -> Option<Self> {
        // A name that is no UTF-8 has an ending all the same.
        let name = path.file_name()?.to_string_lossy();
        let name = lower(&name);
        if is_settings(path, &name) {
            return Some(Self::Settings);
        }
        Self::by_name(&name).or_else(|| Self::by_extension(name.rsplit_once('.')?.1))
    }

    /// The kind of a file that was named: model files count as well, and a media file is known by its first bytes, whatever it
    /// is called. A safetensors file is a model by its name and a latent otherwise.
    pub fn of_named(path: &Path) -> Option<Self> {
        Self::of(path).or_else(|| {
            let container = media::container(path);
            let model = Format::of_name(&path.file_name()?.to_string_lossy()).is_some();
            match container {
                None | Some(Container::Safetensors) if model => Some(Self::Model),
                None => is_called_media(path).then_some(Self::Media),
                Some(_) => Some(Self::Media),
            }
        })
    }

    fn by_name(name: &str) -> Option<Self> {
        let is = |stem: &str| name == stem || name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'));
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let compose = yaml && ["docker-compose", "compose"].iter().any(|stem| name.starts_with(stem));
        let dialect = match name {
            _ if compose => Dialect::Compose,
            _ if is("dockerfile") || is("containerfile") => Dialect::Dockerfile,
            _ if is(".env") => Dialect::Dotenv,
            "backends.fds" => Dialect::Settings(Launcher::SwarmUi),
            "config.ini" => Dialect::Settings(Launcher::ComfyCli),
            _ => return None,
        };
        Some(Self::Script(dialect))
    }

    fn by_extension(extension: &str) -> Option<Self> {
        let dialect = match extension {
            "json" => return Some(Self::Json),
            "bat" | "cmd" => Dialect::Batch,
            "sh" | "bash" => Dialect::Shell,
            "ps1" => Dialect::PowerShell,
            "py" => Dialect::Python,
            "ipynb" => Dialect::Notebook,
            "dockerfile" => Dialect::Dockerfile,
            "env" => Dialect::Dotenv,
            "service" => Dialect::Service,
            _ => return None,
        };
        Some(Self::Script(dialect))
    }

    /// The word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Script(dialect) => dialect.name(),
            Self::Json | Self::Media => "workflow",
            Self::Config => "configuration",
            Self::Settings => "settings",
            Self::Model => "model file",
            Self::Log => "log",
        }
    }
}

/// The Manager keeps its settings in a folder of its own: `user/__manager/` (from ComfyUI 0.3.76), `user/default/ComfyUI-Manager/`
/// or, before its third version, beside its code.
fn is_settings(path: &Path, name: &str) -> bool {
    let folder = || path.parent().and_then(Path::file_name).map(|folder| folder.to_string_lossy().to_lowercase());
    let managers = |folder: String| ["__manager", "comfyui-manager"].contains(&folder.as_str());
    name == ".wslconfig" || (name == "config.ini" && folder().is_some_and(managers))
}

/// Most names have no capital letter: a walk asks for thousands.
fn lower(name: &str) -> Cow<'_, str> {
    let capital = name.bytes().any(|byte| byte.is_ascii_uppercase());
    if capital { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) }
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its path: as given, or below a folder that was given.
    pub path: PathBuf,
    /// What it is read as.
    pub kind: Kind,
    /// True when the path itself was named, false when it was met while walking a folder.
    pub named: bool,
}

/// Why nothing can be checked at a path.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// No such file or folder.
    #[error("no such file or folder: {0}")]
    Missing(String),
    /// A file of a kind that is not read.
    #[error(
        "{0} is not a kind of file that wanlint reads yet: scripts are .bat, .cmd, .sh, .ps1, .py, .ipynb, .service, \
         .env, Dockerfile and compose files, and settings of launchers (settings.json of Stability Matrix, Backends.fds, \
         comfy.settings.json, config.ini of comfy-cli, launch.json); workflows are .json, or lie in PNG, WebP, AVIF, MP4, MOV, WebM, MKV, FLAC, \
         Ogg, MP3 and .latent files; of model files (.safetensors, .gguf) the header is read"
    )]
    Kind(String),
}

/// All files below the given paths, sorted, each once. Folders honour `.gitignore` and skip hidden files; media files in them
/// count when `media` is set.
///
/// # Errors
/// [`DiscoverError`] for the first path that does not exist or that is a file of another kind.
pub fn discover(paths: &[PathBuf], exclude: &Gitignore, media: bool) -> Result<Vec<Found>, DiscoverError> {
    let mut found = Vec::new();
    for path in paths {
        let shown = || path.display().to_string();
        if path.is_dir() {
            walk(path, media, &mut found);
        } else if path.is_file() {
            let kind = Kind::of_named(path).ok_or_else(|| DiscoverError::Kind(shown()))?;
            found.push(Found { path: path.clone(), kind, named: true });
        } else {
            return Err(DiscoverError::Missing(shown()));
        }
    }
    found.retain(|file| !excluded(exclude, &file.path));
    settle(&mut found);
    Ok(found)
}

/// Those of a list of paths that a program made, as pre-commit hands over: folders are walked, and a file counts only where a walk
/// would take it, so that one that is gone, hidden, excluded or of another kind is passed over.
pub fn listed(paths: &[PathBuf], exclude: &Gitignore, media: bool) -> Vec<Found> {
    let is_folder = |path: &&PathBuf| std::fs::symlink_metadata(path).is_ok_and(|entry| entry.is_dir());
    let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(is_folder);
    let mut found = Vec::new();
    folders.iter().for_each(|folder| walk(folder, media, &mut found));
    found.retain(|file| !excluded(exclude, &file.path));
    found.extend(kept(files.into_iter().cloned().collect(), exclude, media));
    settle(&mut found);
    found
}

/// Sorts files and keeps each once; one that was named and also met while walking counts as named.
pub fn settle(found: &mut Vec<Found>) {
    found.sort_by(|left, right| by_path(&left.path, &right.path).then(right.named.cmp(&left.named)));
    found.dedup_by(|later, earlier| later.path == earlier.path);
}

/// The order of paths; files of one folder, which most are, are told apart by their names alone.
fn by_path(left: &Path, right: &Path) -> Ordering {
    match (parts(left), parts(right)) {
        (Some((folder, name)), Some((same, other))) if folder == same => name.cmp(other),
        _ => left.cmp(right),
    }
}

fn parts(path: &Path) -> Option<(&[u8], &[u8])> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let end = memchr::memrchr2(b'/', std::path::MAIN_SEPARATOR as u8, bytes)?;
    Some(bytes.split_at(end + 1))
}

/// Those of a list of files that a walk would find if no ignore file named them.
pub fn kept(paths: Vec<PathBuf>, exclude: &Gitignore, media: bool) -> Vec<Found> {
    let hidden = |path: &Path| {
        path.components().any(|part| {
            let name = part.as_os_str().as_encoded_bytes();
            name.starts_with(b".") && name.len() > 2 && !name.starts_with(b".env") && name != b".wslconfig"
        })
    };
    let found = paths.into_iter().filter_map(|path| {
        let path = path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path);
        let called_media = || (media && is_called_media(&path)).then_some(Kind::Media);
        let kind = Kind::of(&path).or_else(called_media)?;
        if hidden(&path) || excluded(exclude, &path) {
            return None;
        }
        // Only what is there can be read, and a link may lead out of the project.
        let plain = std::fs::symlink_metadata(&path).is_ok_and(|entry| entry.is_file());
        plain.then_some(Found { path, kind, named: false })
    });
    found.collect()
}

/// True when a path matches a pattern of `--exclude` or of the configuration.
pub fn excluded(patterns: &Gitignore, path: &Path) -> bool {
    if patterns.is_empty() {
        return false;
    }
    let absolute = absolute(path);
    absolute.starts_with(patterns.path()) && patterns.matched_path_or_any_parents(&absolute, false).is_ignore()
}

/// A path from the root on, without `..`: a configuration above the current folder is found as `./..`, and what it names must not
/// depend on that.
pub fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut out = PathBuf::new();
    for part in whole.components() {
        match part {
            std::path::Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// Patterns of `.gitignore` relative to a folder.
///
/// # Errors
/// A sentence about the pattern that cannot be read.
pub fn patterns(folder: &Path, lines: &[String]) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new(absolute(folder));
    for line in lines {
        builder.add_line(None, line).map_err(|error| format!("--exclude '{line}': {error}"))?;
    }
    builder.build().map_err(|error| error.to_string())
}

fn walk(folder: &Path, media: bool, found: &mut Vec<Found>) {
    let files = walker(folder).build().filter_map(Result::ok);
    for entry in files.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file())) {
        let called_media = || (media && is_called_media(entry.path())).then_some(Kind::Media);
        if let Some(kind) = Kind::of(entry.path()).or_else(called_media) {
            let path = entry.path().strip_prefix("./").unwrap_or(entry.path()).to_path_buf();
            found.push(Found { path, kind, named: false });
        }
    }
}

fn is_called_media(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    MEDIA.iter().any(|media| media.eq_ignore_ascii_case(ending))
}

/// Hidden files and folders are left out, except `.env` files and `.wslconfig`, and so is what `.gitignore` names. The user's own
/// git settings do not count: the same commit gives the same findings on every machine.
fn walker(folder: &Path) -> WalkBuilder {
    let ignored = Ignored::new(folder);
    let mut walk = WalkBuilder::new(folder);
    walk.standard_filters(false).filter_entry(move |entry| is_visible(entry) && !is_ignored(&ignored, entry));
    walk
}

fn is_ignored(ignored: &Ignored, entry: &DirEntry) -> bool {
    let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    entry.depth() > 0 && ignored.has(entry.path(), folder)
}

fn is_visible(entry: &DirEntry) -> bool {
    let name = entry.file_name().as_encoded_bytes();
    let file = entry.file_type().is_some_and(|kind| kind.is_file());
    entry.depth() == 0 || !name.starts_with(b".") || (file && (name.starts_with(b".env") || name == b".wslconfig"))
}

/// How deep and how many files a search for partners goes below one folder.
const PARTNER_DEPTH: usize = 6;
const PARTNER_FILES: usize = 2000;

/// Files below a folder, of a kind that is wanted, that may be partners of a file that was named alone.
pub fn partners(folder: &Path, wanted: impl Fn(Kind) -> bool) -> Vec<Found> {
    let walk = walker(folder).max_depth(Some(PARTNER_DEPTH)).build();
    let files = walk.filter_map(Result::ok).take(PARTNER_FILES);
    let mut found: Vec<Found> = files
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Some((Kind::of(entry.path()).filter(|kind| wanted(*kind))?, entry.into_path())))
        .map(|(kind, path)| Found { path, kind, named: false })
        .collect();
    settle(&mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_and_files_taken_as_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.bat", "b.json", "c.txt", ".hidden.sh", "skip.sh", ".gitignore"] {
            std::fs::write(folder.path().join(name), if name == ".gitignore" { "skip.sh" } else { "" }).unwrap();
        }
        let paths = [folder.path().to_path_buf(), folder.path().join("b.json")];
        let found = discover(&paths, &Gitignore::empty(), false).unwrap();
        let names: Vec<_> =
            found.iter().map(|file| (file.path.file_name().unwrap().to_str().unwrap(), file.named)).collect();
        assert_eq!(names, [("a.bat", false), ("b.json", true)]);
        assert!(
            discover(&[folder.path().join("nothing")], &Gitignore::empty(), false)
                .unwrap_err()
                .to_string()
                .contains("no such file")
        );
        assert!(
            discover(&[folder.path().join("c.txt")], &Gitignore::empty(), false)
                .unwrap_err()
                .to_string()
                .contains(".bat")
        );
    }
}
