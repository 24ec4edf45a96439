//! `wanlint.toml`: found beside or above what is checked, read, and joined with the command line.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::facts::machine::Stated;
use crate::git::Reference;

/// The name of the configuration file.
pub const FILE_NAME: &str = "wanlint.toml";

/// Everything a project may say about itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Config {
    /// What the generation runs on.
    #[serde(default)]
    pub machine: Stated,
    /// Which rules count.
    #[serde(default)]
    pub check: CheckConfig,
    /// Which launch goes with which workflow.
    #[serde(default)]
    pub target: Vec<TargetConfig>,
    /// Findings that are allowed.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<AllowConfig>"))]
    pub allow: Vec<toml::Spanned<AllowConfig>>,
    /// What `wanlint bench` measures.
    #[serde(default)]
    pub bench: BenchConfig,
    /// The folder of the file: paths inside it are relative to this one.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The file itself; `None` when there is none.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Its text, when it is that of another commit and not the one on disk.
    #[serde(skip)]
    pub text: Option<String>,
}

/// `[check]`: selection of rules and the limit for the exit code.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckConfig {
    /// Only these codes, prefixes or names.
    #[serde(default)]
    pub select: Vec<String>,
    /// Not these.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// These too: rules that are off by default.
    #[serde(default)]
    pub extend_select: Vec<String>,
    /// Files that are left out, as patterns of `.gitignore` relative to the configuration.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether media files in folders are read, as with `--media`.
    #[serde(default)]
    pub media: bool,
    /// Whether `--fix` makes unsafe fixes too, as with `--unsafe-fixes`.
    #[serde(default)]
    pub unsafe_fixes: bool,
    /// Only the fixes of these rules are made.
    #[serde(default)]
    pub fixable: Vec<String>,
    /// The fixes of these rules are not made.
    #[serde(default)]
    pub unfixable: Vec<String>,
    /// Severity from which the exit code is 1.
    #[cfg_attr(test, schemars(extend("enum" = ["error", "warning", "info"])))]
    pub fail_on: Option<String>,
}

/// `[[target]]`: a launch script and the workflow it runs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TargetConfig {
    /// Path of the launch script, relative to the file.
    pub launch: String,
    /// Path of the workflow, relative to the file.
    pub workflow: String,
}

/// `[bench]`: what `wanlint bench` measures.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BenchConfig {
    /// How often each variant is measured.
    pub runs: Option<u32>,
    /// The variants.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<VariantConfig>"))]
    pub variant: Vec<toml::Spanned<VariantConfig>>,
}

/// `[[bench.variant]]`: what is changed for one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VariantConfig {
    /// How it is called.
    pub name: String,
    /// Its changes, as on the command line: `--reserve-vram 2`, `!--reserve-vram`, `X=1`, `NODE.input=value`.
    pub changes: Vec<String>,
}

/// `[[allow]]`: a finding that is known and accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AllowConfig {
    /// Code or name of the rule.
    pub rule: String,
    /// Files it is about, as a pattern of `.gitignore` relative to the configuration; all when absent.
    pub path: Option<String>,
    /// Node it is about; any when absent.
    pub node: Option<String>,
    /// Why it is accepted.
    pub reason: Option<String>,
}

/// Why a configuration could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// Its path.
        path: String,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The file is not what is expected; the text of the error carries line, column and the line itself.
    #[error("{path}: {error}")]
    Toml {
        /// Its path.
        path: String,
        /// What is wrong.
        error: Box<toml::de::Error>,
    },
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read, is no TOML or has unknown keys.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Io { path: shown(), error })?;
        Self::parse(path, &text)
    }

    /// The configuration that a text states as the file at a path.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let error = |error| ConfigError::Toml { path: path.display().to_string(), error: Box::new(error) };
        let mut config: Self = toml::from_str(text).map_err(error)?;
        config.folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        config.file = Some(path.to_path_buf());
        Ok(config)
    }

    /// Reads the nearest `wanlint.toml` in a folder or above it as another commit has it, or the file that was named.
    ///
    /// # Errors
    /// A sentence when the commit cannot be read, the file that was named is not in it, or the file is wrong.
    pub fn from_reference(reference: &Reference, named: Option<&Path>, start: &Path) -> Result<Self, String> {
        let candidates = match named {
            Some(file) => vec![file.to_path_buf()],
            None => {
                let mut folders: Vec<PathBuf> = folders_above(start).collect();
                let root = folders.iter().position(|folder| reference.is_root(folder)).unwrap_or_default();
                folders.truncate(root + 1);
                folders.iter().map(|folder| folder.join(FILE_NAME)).collect()
            }
        };
        let found = candidates.iter().zip(reference.files(&candidates)?);
        let Some((path, bytes)) = found.into_iter().find_map(|(path, bytes)| Some((path, bytes?))) else {
            return match named {
                Some(file) => Err(format!("--config: {} is not in {}", file.display(), reference.shown())),
                None => Ok(Self::default()),
            };
        };
        let text = String::from_utf8(bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        let config = Self::parse(path, &text).map_err(|error| format!("in {}: {error}", reference.shown()))?;
        Ok(Self { text: Some(text), ..config })
    }

    /// Finds the nearest `wanlint.toml` in a folder or above it, not beyond the repository's root (the first folder that
    /// holds `.git`).
    pub fn find(start: &Path) -> Option<PathBuf> {
        for folder in folders_above(start) {
            let file = folder.join(FILE_NAME);
            // A link that leads out of the folder is not the project's configuration.
            if file.is_file() && lies_inside(&file, &folder) {
                return Some(file);
            }
            if folder.join(".git").exists() {
                return None;
            }
        }
        None
    }
}

/// A folder and the folders above it as far as they belong to one project: up to the repository's root, else up to the
/// nearest `wanlint.toml`, else the folder alone.
pub fn project_folders(start: &Path) -> Vec<PathBuf> {
    let folders: Vec<PathBuf> = folders_above(start).collect();
    let holds = |name: &str| folders.iter().position(|folder| folder.join(name).exists());
    let count = holds(".git").or_else(|| holds(FILE_NAME)).unwrap_or(0) + 1;
    folders.into_iter().take(count).collect()
}

/// True when a path, links resolved, lies in a folder: what the linted tree names must not lead out of it.
pub fn lies_inside(path: &Path, folder: &Path) -> bool {
    let real =
        |path: &Path| if path.as_os_str().is_empty() { Path::new(".").canonicalize() } else { path.canonicalize() };
    matches!((real(path), real(folder)), (Ok(path), Ok(folder)) if path.starts_with(&folder))
}

/// A folder and all folders above it; relative ones stay relative as far as that goes.
fn folders_above(start: &Path) -> impl Iterator<Item = PathBuf> {
    let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_path_buf());
    let count = absolute.ancestors().count();
    let start = start.to_path_buf();
    (0..count).map(move |up| climb(&start, up))
}

/// The folder `up` levels above, kept relative when the given one was.
fn climb(folder: &Path, up: usize) -> PathBuf {
    let mut here = folder.to_path_buf();
    for _ in 0..up {
        here = match here.file_name() {
            Some(_) => here.parent().map(Path::to_path_buf).unwrap_or_default(),
            None => here.join(".."),
        };
    }
    if here.as_os_str().is_empty() { PathBuf::from(".") } else { here }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_with_their_place() {
        let error = toml::from_str::<Config>("[machine]\ngpuu = 'RTX 5090'\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("gpuu") && error.contains("vram-used"), "{error}");
    }

    #[test]
    fn the_search_stops_at_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("repo/a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir(folder.path().join("repo/.git")).unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "").unwrap();
        assert_eq!(Config::find(&deep), None);
        std::fs::write(folder.path().join("repo").join(FILE_NAME), "").unwrap();
        assert_eq!(Config::find(&deep), Some(folder.path().join("repo").join(FILE_NAME)));
        assert_eq!(project_folders(&deep).len(), 3);
        assert_eq!(project_folders(folder.path()).len(), 1);
    }
}
