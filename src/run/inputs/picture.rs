//! A picture that is uploaded: the name that it gets on the server is known before.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::text::hex;

/// Largest picture, bytes: ComfyUI takes uploads of 100 MB unless it is told otherwise (`--max-upload-size`).
const MAX_BYTES: u64 = 1 << 30;

/// Digits of the hash in the name: what is called the same is the same.
const DIGITS: usize = 12;

/// A picture of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name on the server: `start-0a1b2c3d4e5f.png`.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

impl Picture {
    /// Reads a file and names it after its content, so that the prompt can be verified before anything is uploaded, and so that no
    /// other picture of the server is replaced.
    ///
    /// # Errors
    /// When it cannot be read, is empty or too large.
    pub fn of(path: &Path) -> Result<Self, String> {
        let fault = |error: std::io::Error| format!("--image: cannot read {}: {error}", path.display());
        let mut file = File::open(path).map_err(fault)?;
        let size = file.metadata().map_err(fault)?.len();
        let mut hash = Sha256::new();
        let mut part = vec![0; 1 << 16];
        let mut read: u64 = 0;
        loop {
            let count = file.read(&mut part).map_err(fault)?;
            if count == 0 {
                break;
            }
            read += count as u64;
            if read > MAX_BYTES {
                return Err(format!("--image: {} is larger than {} MiB", path.display(), MAX_BYTES >> 20));
            }
            hash.update(&part[..count]);
        }
        if read == 0 {
            return Err(format!("--image: {} is empty", path.display()));
        }
        let digits = hex(&hash.finalize()[..DIGITS / 2]);
        Ok(Self { path: path.to_path_buf(), name: name(path, &digits), size: size.max(read) })
    }
}

fn name(path: &Path, digits: &str) -> String {
    let plain = |text: &str| -> String {
        let letters = text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' });
        letters.take(40).collect()
    };
    let part = |part: Option<&std::ffi::OsStr>| plain(&part.unwrap_or_default().to_string_lossy());
    match part(path.extension()) {
        ending if ending.is_empty() => format!("{}-{digits}", part(path.file_stem())),
        ending => format!("{}-{digits}.{}", part(path.file_stem()), ending.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let [one, two] =
            [("mein Bild.PNG", "a"), ("mein Bild.PNG2", "b")].map(|(name, text)| Picture::of(&write(name, text)));
        assert_eq!(one.unwrap().name, "mein_Bild-ca978112ca1b.png");
        assert_eq!(two.unwrap().name, "mein_Bild-3e23e8160039.png2");
        assert!(Picture::of(&write("empty.png", "")).unwrap_err().contains("empty"));
        assert!(Picture::of(&folder.path().join("none.png")).unwrap_err().contains("none.png"));
    }
}
