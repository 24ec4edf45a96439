//! Finds ComfyUI's `main.py` in a command: behind wrappers, the interpreter and its options.

use crate::read::script::{Word, base_name};

/// Programs that start the program named later on their line.
const WRAPPERS: [&str; 38] = [
    "uv",
    "uvx",
    "poetry",
    "pipenv",
    "pdm",
    "rye",
    "hatch",
    "pixi",
    "conda",
    "mamba",
    "micromamba",
    "accelerate",
    "sudo",
    "doas",
    "nice",
    "ionice",
    "time",
    "timeout",
    "setsid",
    "stdbuf",
    "taskset",
    "numactl",
    "chrt",
    "xvfb-run",
    "gosu",
    "su-exec",
    "setpriv",
    "tini",
    "dumb-init",
    "systemd-run",
    "systemd-inhibit",
    "screen",
    "mangohud",
    "prime-run",
    "optirun",
    "nsys",
    "ncu",
    "wsl",
];

/// Options of Python that take the next word as their value.
const WITH_VALUE: [char; 2] = ['X', 'W'];

/// What a command starts.
pub(super) struct Program {
    pub interpreter: Option<Word>,
    pub main: Word,
    pub args: Vec<Word>,
}

/// ComfyUI's start in the words of a command, if it is one.
pub(super) fn find(words: &[Word]) -> Option<Program> {
    let words = unwrap(words)?;
    let (first, rest) = words.split_first()?;
    if is_main(first) {
        return Some(Program { interpreter: None, main: first.clone(), args: rest.to_vec() });
    }
    if matches!(name(first).as_str(), "comfy" | "comfy-cli") {
        return comfy_cli(rest);
    }
    if !is_python(first) && first.known {
        return None;
    }
    let main = script_index(rest)?;
    let found = rest.get(main).filter(|word| is_main(word))?;
    let args = rest.get(main + 1..).unwrap_or_default().to_vec();
    Some(Program { interpreter: Some(first.clone()), main: found.clone(), args })
}

/// `comfy launch -- --listen`: what follows `--` goes to main.py.
fn comfy_cli(words: &[Word]) -> Option<Program> {
    let end = words.iter().position(|word| word.text == "--").unwrap_or(words.len());
    let launch = words[..end].iter().find(|word| word.text == "launch")?;
    let args = words.get(end + 1..).unwrap_or_default().to_vec();
    Some(Program { interpreter: None, main: launch.clone(), args })
}

/// The words from the interpreter (or `main.py`) on; wrappers and their options are skipped without understanding them.
fn unwrap(words: &[Word]) -> Option<&[Word]> {
    let first = words.first()?;
    // The entry point of an image hands its arguments on: ENTRYPOINT ["/entrypoint.sh"], CMD ["python", "main.py"].
    if name(first).ends_with(".sh") && words.get(1).is_some_and(is_python) {
        return words.get(1..);
    }
    // The same with its shell in front: ENTRYPOINT ["/bin/bash", "/entrypoint.sh"].
    let script = words.get(1).filter(|script| script.text.ends_with(".sh"));
    if matches!(name(first).as_str(), "bash" | "sh") && script.is_some() && words.get(2).is_some_and(is_python) {
        return words.get(2..);
    }
    if !WRAPPERS.contains(&name(first).as_str()) {
        return Some(words);
    }
    let start = words.iter().position(|word| is_python(word) || is_main(word))?;
    words.get(start..)
}

/// The name of a program in lower case, without folder and `.exe`.
pub(super) fn name(word: &Word) -> String {
    let name = base_name(&word.text).to_ascii_lowercase();
    name.strip_suffix(".exe").map(str::to_owned).unwrap_or(name)
}

fn is_main(word: &Word) -> bool {
    base_name(&word.text).eq_ignore_ascii_case("main.py")
}

/// `python`, `python3.12`, `pythonw.exe`, `py`.
fn is_python(word: &Word) -> bool {
    let name = self::name(word);
    let version = name.strip_prefix("pythonw").or(name.strip_prefix("python")).or(name.strip_prefix("pypy"));
    name == "py" || version.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// Index of the script behind Python's own options; `None` for `-c` and `-m`.
fn script_index(words: &[Word]) -> Option<usize> {
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let Some(option) = word.text.strip_prefix('-') else {
            if word.known || is_main(word) {
                break;
            }
            // An unknown word (`%PYTHON_OPTIONS%`) may be further options.
            index += 1;
            continue;
        };
        let short = !option.starts_with('-') && !option.starts_with("V:");
        if short && option.contains(['c', 'm']) && !option.starts_with(WITH_VALUE) {
            return None;
        }
        let value_follows = short && option.ends_with(WITH_VALUE);
        index += if value_follows || option == "-check-hash-based-pycs" { 2 } else { 1 };
    }
    Some(index)
}
