//! The operating system that ComfyUI runs on.

use std::fmt;
use std::str::FromStr;

/// The systems whose memory accounting differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Os {
    /// Linux, WSL included.
    Linux,
    /// Native Windows.
    Windows,
}

impl fmt::Display for Os {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Linux => "Linux",
            Self::Windows => "Windows",
        })
    }
}

impl FromStr for Os {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "linux" | "wsl" => Ok(Self::Linux),
            "windows" => Ok(Self::Windows),
            _ => Err(format!("'{text}' is not an operating system that wanlint models: write windows or linux")),
        }
    }
}
