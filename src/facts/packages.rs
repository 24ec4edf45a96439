//! Python packages that a script installs with pip.

use crate::read::script::{Command, Word, base_name};
use crate::span::Span;

/// Options of `pip install` that take the next word as their value.
const WITH_VALUE: [&str; 16] = [
    "-c",
    "-e",
    "-f",
    "-i",
    "-r",
    "-t",
    "--constraint",
    "--extra-index-url",
    "--find-links",
    "--index",
    "--index-url",
    "--prefix",
    "--python",
    "--requirement",
    "--root",
    "--target",
];

/// Options that make pip look elsewhere than on PyPI.
const OTHER_PLACES: [&str; 7] =
    ["-f", "-i", "--extra-index-url", "--find-links", "--index", "--index-url", "--default-index"];

/// One `pip install`.
#[derive(Debug, Default)]
pub struct Install {
    /// Packages by name.
    pub packages: Vec<Package>,
    /// Files of requirements (`-r`), and whatever is installed from a path or an address: what comes with them is not seen here.
    pub others: Vec<Word>,
    /// It asks another index than PyPI, or a folder of wheels.
    pub elsewhere: bool,
}

/// One package of a `pip install`.
#[derive(Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name as PyPI compares names: lower case, with `-`.
    pub name: String,
    /// What stands behind the name: extras, version, markers. Empty for any version.
    pub wanted: String,
    /// Where it is written.
    pub span: Span,
}

/// What a command installs; `None` when it is no `pip install`.
pub fn install(command: &Command) -> Option<Install> {
    let words = behind_install(&command.words)?;
    let mut found = Install::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let option = word.text.split('=').next().unwrap_or_default();
        if word.text.starts_with('-') {
            found.elsewhere |= OTHER_PLACES.contains(&option);
            let follows = WITH_VALUE.contains(&word.text.as_str());
            let value = if follows { words.next() } else { None };
            if matches!(option, "-r" | "--requirement" | "-e" | "--editable") {
                found.others.extend(value.or(Some(word)).cloned());
            }
            continue;
        }
        match package(word) {
            Some(package) => found.packages.push(package),
            None => found.others.push(word.clone()),
        }
    }
    Some(found)
}

/// The words behind `install` of `pip install`, `python -m pip install`, `uv pip install`.
fn behind_install(words: &[Word]) -> Option<&[Word]> {
    let name = |word: &Word| {
        let name = base_name(&word.text).to_ascii_lowercase();
        name.strip_suffix(".exe").map(str::to_owned).unwrap_or(name)
    };
    let is_pip = |word: &Word| name(word).strip_prefix("pip").is_some_and(|rest| rest.bytes().all(is_version));
    let pip = words.iter().take(8).position(is_pip)?;
    let behind = words.get(pip + 1..)?;
    let install = behind.iter().position(|word| !word.text.starts_with('-'))?;
    (behind.get(install)?.text == "install").then(|| behind.get(install + 1..)).flatten()
}

fn is_version(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

/// A package by name; `None` for paths, addresses, wheels and what is not known.
fn package(word: &Word) -> Option<Package> {
    let text = word.text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
    let (name, wanted) = text.split_at(end);
    let direct = text.contains(['/', '\\', '@']) || [".whl", ".zip", ".gz"].iter().any(|end| text.ends_with(end));
    if !word.known || direct || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    Some(Package { name: normal(name), wanted: wanted.trim().to_owned(), span: word.span })
}

/// A name as PyPI compares it.
pub fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Install> {
        let words = text.split(' ').map(|word| Word::plain(word, 0)).collect();
        install(&Command { env: Vec::new(), words, span: Span::default(), certain: true })
    }

    #[test]
    fn what_is_installed() {
        let found =
            read("python.exe -m pip install -U SageAttention==1.0.6 --index-url URL triton_windows<3.5").unwrap();
        let names: Vec<_> = found.packages.iter().map(|one| (one.name.as_str(), one.wanted.as_str())).collect();
        assert_eq!(names, [("sageattention", "==1.0.6"), ("triton-windows", "<3.5")]);
        assert!(found.elsewhere && found.others.is_empty());
        let found = read("uv pip install -r requirements.txt git+https://a/b ./c.whl torch").unwrap();
        assert_eq!((found.packages.len(), found.others.len()), (1, 3));
        assert!(read("pip uninstall torch").is_none() && read("pipx install torch").is_none());
        assert!(read("apt-get install python3-pip").is_none() && read("pip").is_none());
    }
}
