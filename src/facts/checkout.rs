//! ComfyUI's version from a checkout beside a script or named by it.

use std::path::{Component, Path, PathBuf};

use super::launch::Launch;
use super::versions::Version;
use crate::config::project_folders;
use crate::source::small_text;

/// The file in which ComfyUI states its version (since 0.3.11; older checkouts tell nothing).
const VERSION_FILE: &str = "comfyui_version.py";

/// Largest version file that is read; a real one has about a hundred bytes.
const MAX_BYTES: u64 = 4096;

/// A version and the file that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// ComfyUI's version.
    pub version: Version,
    /// The file.
    pub path: PathBuf,
}

/// The version of the checkout that a start belongs to: the folder of its `main.py`, else the script's folder and those
/// above it as far as the project reaches, each also with a `ComfyUI` folder inside. Nothing outside the project is read.
pub fn find(script: &Path, launch: &Launch) -> Option<Found> {
    let folder = script.parent().unwrap_or(Path::new(""));
    let folders = project_folders(folder);
    let root = folders.last()?.canonicalize().ok()?;
    let named = launch.main.known.then(|| folder.join(main_folder(&launch.main.text)));
    let beside = folders.iter().flat_map(|folder| [folder.clone(), folder.join("ComfyUI")]);
    named.into_iter().chain(beside).find_map(|folder| read(&folder.join(VERSION_FILE), &root))
}

/// The folder part of `ComfyUI\main.py`, for both kinds of slash.
fn main_folder(main: &str) -> PathBuf {
    let unified = main.replace('\\', "/");
    let path = Path::new(&unified);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if inside { path.parent().map(Path::to_path_buf).unwrap_or_default() } else { PathBuf::new() }
}

fn read(path: &Path, root: &Path) -> Option<Found> {
    let real = path.canonicalize().ok().filter(|real| real.starts_with(root))?;
    Some(Found { version: version(&small_text(&real, MAX_BYTES)?)?, path: path.to_path_buf() })
}

fn version(text: &str) -> Option<Version> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("__version__"))?;
    line.trim_start().strip_prefix('=')?.trim().trim_matches(['"', '\'']).parse().ok()
}

/// The releases that accept all flags of a start: the first one, and the first one that no longer does.
pub fn bounds(launch: &Launch) -> (Option<Version>, Option<Version>) {
    let specs = || launch.flags.iter().filter_map(|flag| flag.spec);
    let since = specs().filter(|spec| spec.since_exact()).filter_map(|spec| spec.since).max();
    let until = specs().filter_map(|spec| spec.until).filter(|until| since.is_none_or(|since| since < *until)).min();
    (since, until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::launch::launches;
    use crate::read::batch;

    fn launch(text: &str) -> Launch {
        launches(&batch::read(text)).remove(0)
    }

    #[test]
    fn a_checkout_beside_the_script_or_named_by_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("repo/.git")).unwrap();
        std::fs::create_dir_all(root.join("repo/scripts/App")).unwrap();
        std::fs::write(root.join("repo/comfyui_version.py"), "# generated\n__version__ = \"0.3.70\"\n").unwrap();
        std::fs::write(root.join("comfyui_version.py"), "__version__ = '0.1.0'\n").unwrap();
        let script = root.join("repo/scripts/launch.bat");
        let found = |text: &str| find(&script, &launch(text)).map(|found| found.version.to_string());
        assert_eq!(found("python main.py"), Some("0.3.70".into()));
        std::fs::write(root.join("repo/scripts/App/comfyui_version.py"), "__version__='0.4.0'").unwrap();
        assert_eq!(found("python App\\main.py"), Some("0.4.0".into()));
        assert_eq!(found("python ..\\..\\main.py"), Some("0.3.70".into()), "nothing outside the project is read");
        std::fs::write(root.join("repo/comfyui_version.py"), "nothing").unwrap();
        assert_eq!(found("python main.py"), None);
    }

    #[test]
    fn flags_bound_the_version() {
        let bounds = bounds(&launch("python main.py --cache-ram --normalvram"));
        assert_eq!(bounds, (Some(Version::new(0, 3, 68)), Some(Version::new(0, 22, 0))));
    }
}
