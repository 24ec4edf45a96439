//! The flags that state facts, shared by `check` and `vram`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{Config, lies_inside, project_folders};
use crate::facts::machine::{Machine, Stated};
use crate::facts::nvml;
use crate::facts::versions::Version;
use crate::facts::work::WhatIf;
use crate::git::Reference;

use super::object_info;

/// Facts about the machine. A flag wins over the environment, which wins over wanlint.toml.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Facts")]
pub struct FactFlags {
    /// Graphics card: a name such as "RTX 5090", an index, auto or none
    #[arg(long, value_name = "NAME|INDEX|auto|none", env = "WANLINT_GPU", hide_env = true)]
    gpu: Option<String>,
    /// Total VRAM, exact: 31.8GiB, 32606.5625MiB (a bare number is GiB)
    #[arg(long, value_name = "SIZE", env = "WANLINT_VRAM", hide_env = true, allow_hyphen_values = true)]
    vram: Option<String>,
    /// VRAM held by other programs and the CUDA context
    #[arg(long, value_name = "SIZE", env = "WANLINT_VRAM_USED", hide_env = true, allow_hyphen_values = true)]
    vram_used: Option<String>,
    /// System memory
    #[arg(long, value_name = "SIZE", env = "WANLINT_RAM", hide_env = true, allow_hyphen_values = true)]
    ram: Option<String>,
    /// Operating system that ComfyUI runs on
    #[arg(long, value_name = "windows|linux", env = "WANLINT_OS", hide_env = true)]
    os: Option<String>,
    /// ComfyUI's version, as in 0.3.70
    #[arg(long, value_name = "VERSION", env = "WANLINT_COMFYUI", hide_env = true)]
    comfyui: Option<String>,
    /// torch's version, with its build tag when known: 2.9.1+cu130
    #[arg(long, value_name = "VERSION", env = "WANLINT_TORCH", hide_env = true)]
    torch: Option<String>,
    /// What the server says about its nodes: the answer of its /object_info as a file, or the address to ask
    #[arg(long, value_name = "FILE|URL")]
    object_info: Option<String>,
    /// ComfyUI's folder of models; repeat it for more
    #[arg(long, value_name = "DIR")]
    models: Vec<PathBuf>,
    /// Never look at this machine (always so when CI is set)
    #[arg(long)]
    no_detect: bool,
    /// Use this configuration file
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    config: Option<PathBuf>,
    /// Take configuration, baseline and suppressions from this commit, so that a change cannot silence itself (runs git)
    #[arg(long, value_name = "REF")]
    config_from: Option<String>,
    /// Use no configuration file
    #[arg(long)]
    isolated: bool,
    /// Pair workflows with this launch script
    #[arg(long, value_name = "SCRIPT")]
    pub launch: Option<PathBuf>,
}

/// What-ifs: values that replace those in the workflow, for the forecast only.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What if")]
pub struct WhatIfFlags {
    /// Forecast as if the video had this width
    #[arg(long, value_name = "PIXELS")]
    width: Option<u32>,
    /// ... this height
    #[arg(long, value_name = "PIXELS")]
    height: Option<u32>,
    /// ... this many frames
    #[arg(long, value_name = "COUNT")]
    frames: Option<u32>,
    /// ... this batch size
    #[arg(long, value_name = "COUNT")]
    batch: Option<u32>,
    /// ... this CFG scale
    #[arg(long, value_name = "SCALE")]
    cfg: Option<f64>,
}

impl FactFlags {
    /// Takes a folder out that stands in the place of ComfyUI's version: where it is started from.
    pub fn take_checkout(&mut self) -> Option<PathBuf> {
        let text = self.comfyui.as_deref()?;
        let is_folder = text.parse::<Version>().is_err() && Path::new(text).is_dir();
        is_folder.then(|| self.comfyui.take().map(PathBuf::from)).flatten()
    }

    /// The flag under which suppressions of the checked files do not all count.
    pub fn distrusts(&self) -> Option<&'static str> {
        match (&self.config_from, self.isolated) {
            (Some(_), _) => Some("--config-from"),
            (None, true) => Some("--isolated"),
            (None, false) => None,
        }
    }

    /// The commit of `--config-from`, in the repository around the first path.
    ///
    /// # Errors
    /// When there is no such commit, no repository or no git.
    pub fn reference(&self, paths: &[PathBuf]) -> Result<Option<Reference>, String> {
        let folder = paths.first().map(|path| folder_of(path)).unwrap_or_default();
        self.config_from.as_ref().map(|name| Reference::open(&folder, name)).transpose()
    }

    /// The configuration in force for some paths.
    ///
    /// # Errors
    /// When a file cannot be read or is wrong.
    pub fn config(&self, paths: &[PathBuf], reference: Option<&Reference>) -> Result<Config, String> {
        if self.isolated {
            return Ok(Config::default());
        }
        if let Some(reference) = reference {
            let start = paths.first().map(|path| folder_of(path)).unwrap_or_default();
            return Config::from_reference(reference, self.config.as_deref(), &start);
        }
        let file = self.config.clone().or_else(|| paths.first().and_then(|path| Config::find(&folder_of(path))));
        file.map_or_else(|| Ok(Config::default()), |file| Config::read(&file)).map_err(|error| error.to_string())
    }

    /// The machine from flags, environment, configuration, and at a desk from the driver.
    ///
    /// # Errors
    /// When something stated is wrong.
    pub fn machine(&self, config: &Config) -> Result<Machine, String> {
        let file = &config.machine;
        let either = |flag: &Option<String>, file: &Option<String>| flag.clone().or_else(|| file.clone());
        // A card on the command line makes the sizes in the file those of another card.
        let (vram, used) = match (&self.gpu, &self.vram) {
            (Some(_), _) => (self.vram.clone(), self.vram_used.clone()),
            _ => (either(&self.vram, &file.vram), either(&self.vram_used, &file.vram_used)),
        };
        let stated = Stated {
            gpu: either(&self.gpu, &file.gpu),
            vram,
            vram_used: used,
            ram: either(&self.ram, &file.ram),
            os: either(&self.os, &file.os),
            comfyui: either(&self.comfyui, &file.comfyui),
            torch: either(&self.torch, &file.torch),
            cards: file.cards.clone(),
            driver: file.driver.clone(),
            object_info: None,
            models: Vec::new(),
        };
        let asked = stated.gpu.is_some();
        let mut machine =
            Machine::new(&stated, |index| if self.may_detect(asked) { nvml::detect(index) } else { None })?;
        machine.catalog = match &self.object_info {
            Some(named) => object_info::named(named)?,
            None => object_info::configured(config)?,
        };
        Ok(machine)
    }

    /// What states a fact, by the name of its flag: the flag, the variable in its place, or wanlint.toml.
    pub fn stated_by(&self, name: &str, config: &Config) -> Option<&'static str> {
        let file = &config.machine;
        // As in [`FactFlags::machine`]: a card on the command line is not the one whose sizes the file states.
        let sizes = |text: &Option<String>| text.clone().filter(|_| self.gpu.is_none());
        let (flag, said, variable, written) = match name {
            "gpu" => ("--gpu", &self.gpu, "WANLINT_GPU", file.gpu.clone()),
            "vram" => ("--vram", &self.vram, "WANLINT_VRAM", sizes(&file.vram)),
            "vram-used" => ("--vram-used", &self.vram_used, "WANLINT_VRAM_USED", sizes(&file.vram_used)),
            "ram" => ("--ram", &self.ram, "WANLINT_RAM", file.ram.clone()),
            "os" => ("--os", &self.os, "WANLINT_OS", file.os.clone()),
            "comfyui" => ("--comfyui", &self.comfyui, "WANLINT_COMFYUI", file.comfyui.clone()),
            "torch" => ("--torch", &self.torch, "WANLINT_TORCH", file.torch.clone()),
            _ => return None,
        };
        match said {
            Some(said) if std::env::var(variable).is_ok_and(|value| value == *said) => Some(variable),
            Some(_) => Some(flag),
            None => written.map(|_| crate::config::FILE_NAME),
        }
    }

    /// Folders with model files: from flags, else from the environment, else from the configuration.
    ///
    /// # Errors
    /// When a folder that was stated is none, or the configuration names one outside the project.
    pub fn models(&self, config: &Config) -> Result<Vec<PathBuf>, String> {
        let variable = std::env::var_os("WANLINT_MODELS").unwrap_or_default();
        let (source, stated) = match self.models.is_empty() {
            false => ("--models", self.models.clone()),
            true => ("WANLINT_MODELS", std::env::split_paths(&variable).filter(|path| path != Path::new("")).collect()),
        };
        if let Some(path) = stated.iter().find(|path| !path.is_dir()) {
            return Err(format!("{source}: no such folder: {}", path.display()));
        }
        if stated.is_empty() { in_project(config) } else { Ok(stated) }
    }

    /// `--gpu auto` and `--gpu 0` ask for detection even where it is off by default.
    pub fn may_detect(&self, asked: bool) -> bool {
        asked || !(self.no_detect || std::env::var_os("CI").is_some_and(|value| !value.is_empty()))
    }
}

impl WhatIfFlags {
    /// The what-ifs, checked.
    ///
    /// # Errors
    /// When a value makes no sense.
    pub fn what_if(&self) -> Result<WhatIf, String> {
        let flags = self;
        for (name, value) in
            [("width", flags.width), ("height", flags.height), ("frames", flags.frames), ("batch", flags.batch)]
        {
            if value == Some(0) {
                return Err(format!("--{name} 0 makes no video: it starts at 1"));
            }
        }
        let cfg = flags.cfg.filter(|cfg| cfg.is_finite() && *cfg >= 0.0);
        if flags.cfg.is_some() && cfg.is_none() {
            return Err("--cfg is a scale from 0 up".to_owned());
        }
        Ok(WhatIf { width: flags.width, height: flags.height, frames: flags.frames, batch: flags.batch, cfg })
    }
}

/// The folders that the configuration names. It lies in the linted tree, so it must not lead out of the project; a folder that
/// is not on this machine (a build server has no models) is left out.
fn in_project(config: &Config) -> Result<Vec<PathBuf>, String> {
    let root = project_folders(&config.folder).pop().unwrap_or_default();
    let folders = config.machine.models.iter().map(|entry| config.folder.join(entry));
    let there: Vec<PathBuf> = folders.filter(|folder| folder.is_dir()).collect();
    match there.iter().find(|folder| !lies_inside(folder, &root)) {
        Some(folder) => Err(format!(
            "[machine] models: {} lies outside the project: name it with --models or WANLINT_MODELS",
            folder.display()
        )),
        None => Ok(there),
    }
}

/// The folder of a path: itself when it is one.
pub fn folder_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_path_buf() } else { path.parent().map(Path::to_path_buf).unwrap_or_default() }
}
