//! Names from a server made into names of this machine, whichever system it runs: a folder of outputs is copied from one to another.

use std::path::{Path, PathBuf};

use crate::run::history::OutputFile;

/// Most bytes of one part of a path; systems end at 255, and a number is still to come.
const MAX_BYTES: usize = 200;

/// Folders below the output folder at most.
const MAX_DEPTH: usize = 8;

/// Names that Windows keeps for devices, with any ending.
const DEVICES: [&str; 24] = [
    "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8",
    "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// Where a file goes below the output folder: never above it, never at a place of its own choice.
pub fn local(file: &OutputFile) -> PathBuf {
    let mut parts: Vec<String> = parts(&file.subfolder).take(MAX_DEPTH).collect();
    let mut names: Vec<String> = self::parts(&file.filename).collect();
    let name = names.pop().unwrap_or_else(|| "output".to_owned());
    parts.extend(names.into_iter().take(MAX_DEPTH));
    parts.push(name);
    parts.iter().collect()
}

/// A name as it may be shown: no control characters, not long.
pub fn shown(file: &OutputFile) -> String {
    let whole =
        if file.subfolder.is_empty() { file.filename.clone() } else { format!("{}/{}", file.subfolder, file.filename) };
    let text: String = whole.chars().take(120).map(|letter| if is_hidden(letter) { '_' } else { letter }).collect();
    format!("'{text}'")
}

/// `video.mp4` becomes `video-2.mp4`.
pub fn numbered(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{number}{end}"))
}

/// The parts of a path of any system that name something.
fn parts(text: &str) -> impl Iterator<Item = String> {
    text.split(['/', '\\']).filter_map(part)
}

fn part(text: &str) -> Option<String> {
    // A drive letter begins at the drive's own place.
    let text = match text.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => &text[2..],
        _ => text,
    };
    let clean: String = text.chars().map(|letter| if is_taken(letter) { '_' } else { letter }).collect();
    // Windows drops dots and spaces at the end, so that two names become one.
    let clean = shortened(clean.trim()).trim_end_matches(['.', ' ']).to_owned();
    if clean.is_empty() {
        return None;
    }
    // What begins with a dot is hidden, and one with a hyphen is taken for an option.
    let first = clean.starts_with(['.', '-', '~']) || is_device(&clean);
    Some(if first { format!("_{clean}") } else { clean })
}

/// Characters that a system does not take in names, or that hide what a name is.
fn is_taken(letter: char) -> bool {
    matches!(letter, '<' | '>' | ':' | '"' | '|' | '?' | '*') || is_hidden(letter)
}

/// Control characters, and those that turn the direction of a text or have no width.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    // The raised digits count as well.
    let stem = stem.replace('¹', "1").replace('²', "2").replace('³', "3");
    DEVICES.contains(&stem.as_str())
}

/// A long name loses its middle and keeps its ending.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let end = name.rfind('.').filter(|at| name.len() - at <= 16).map_or("", |at| &name[at..]);
    let mut cut = MAX_BYTES - end.len();
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}{end}", &name[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Component;

    fn file(subfolder: &str, filename: &str) -> OutputFile {
        OutputFile {
            node: "9".into(),
            list: "images".into(),
            filename: filename.into(),
            subfolder: subfolder.into(),
            folder: "output".into(),
        }
    }

    fn name(subfolder: &str, filename: &str) -> String {
        local(&file(subfolder, filename)).to_string_lossy().replace('\\', "/")
    }

    #[test]
    fn usual_names_stay() {
        assert_eq!(name("", "ComfyUI_00001_.png"), "ComfyUI_00001_.png");
        assert_eq!(name("video/wan 2.2", "größe (1).mp4"), "video/wan 2.2/größe (1).mp4");
        assert_eq!(numbered(Path::new("a/b.tar.gz"), 2), Path::new("a/b.tar-2.gz"));
        assert_eq!(numbered(Path::new("b"), 3), Path::new("b-3"));
    }

    #[test]
    fn names_that_lead_elsewhere() {
        for (subfolder, filename, expected) in [
            ("../../etc", "passwd", "etc/passwd"),
            ("", "../../../x.png", "x.png"),
            ("", "/etc/cron.d/x", "etc/cron.d/x"),
            ("", "C:\\Windows\\x.dll", "Windows/x.dll"),
            ("C:", "x.png", "x.png"),
            ("", "\\\\server\\share\\x.png", "server/share/x.png"),
            ("", "x.png:stream", "x.png_stream"),
            ("", "..", "output"),
            ("", "", "output"),
            ("", ". . .", "output"),
            ("..\\..", "a\0b\n.png", "a_b_.png"),
            ("", "gpj\u{202e}exe.png", "gpj_exe.png"),
            ("con", "aux.tar.png", "_con/_aux.tar.png"),
            ("", "COM¹.txt", "_COM¹.txt"),
            ("", ".bashrc", "_.bashrc"),
            ("", "-rf", "_-rf"),
            ("", "a. . ", "a"),
        ] {
            assert_eq!(name(subfolder, filename), expected, "{subfolder:?} {filename:?}");
        }
        let long = name("", &format!("{}.png", "ä".repeat(5000)));
        assert!(long.len() <= MAX_BYTES && long.ends_with("ä.png"), "{long}");
    }

    proptest! {
        /// Whatever a server says: below the folder, with parts that every system takes.
        #[test]
        fn never_outside(subfolder in ".{0,40}", filename in "(\\PC|[./\\\\:\0-\u{1f}]){0,60}") {
            let path = local(&file(&subfolder, &filename));
            prop_assert!(path.components().count() >= 1);
            for component in path.components() {
                let Component::Normal(part) = component else { panic!("{path:?}") };
                let part = part.to_string_lossy();
                prop_assert!(!part.contains(is_taken) && !part.contains(['/', '\\']), "{:?}", path);
                prop_assert!(!part.ends_with(['.', ' ']) && !is_device(&part) && part.len() <= MAX_BYTES + 1, "{:?}", path);
            }
            prop_assert!(!shown(&file(&subfolder, &filename)).contains(is_hidden));
        }
    }
}
