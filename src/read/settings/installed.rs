//! Stability Matrix and ComfyUI Desktop.

use super::{bytes, named, split, start, word};
use crate::read::json::JsonRef;
use crate::read::script::{Assign, Script, Step, Word};

/// `InstalledPackages[]` of Stability Matrix, those that are ComfyUI.
pub(super) fn packages(root: JsonRef<'_>, script: &mut Script) {
    let Some(packages) = root.get("InstalledPackages") else { return };
    for package in packages.items() {
        let text = |key: &str| package.get(key).and_then(|value| value.as_str().map(|text| text.into_owned()));
        let ours = text("PackageName").is_some_and(|name| name.eq_ignore_ascii_case("ComfyUI"));
        let command = text("LaunchCommand").is_none_or(|command| command.is_empty() || command == "main.py");
        let Some(options) = package.get("LaunchArgs").filter(|options| options.is_array() && ours && command) else {
            continue;
        };
        // The path is relative to the library, the folder of the settings.
        let place = package.get("LibraryPath").unwrap_or(options).span();
        let folder = text("LibraryPath").unwrap_or_else(|| "ComfyUI".to_owned());
        let mut words = vec![named(&format!("{}/main.py", folder.trim_end_matches(['/', '\\'])), place)];
        options.items().for_each(|option| words.extend(arguments(option)));
        start(script, words, Vec::new(), options.span());
    }
}

/// What one option adds to the command line.
fn arguments(option: JsonRef<'_>) -> Vec<Word> {
    let (Some(name), Some(value)) = (option.get("Name"), option.get("OptionValue")) else { return Vec::new() };
    let flag = bytes(name);
    if let Some(switch) = value.as_bool() {
        return if switch { split(&flag) } else { Vec::new() };
    }
    let text = bytes(value);
    let given = match value.as_str() {
        Some(text) if text.trim().is_empty() => return Vec::new(),
        // The option without a name is the field for further arguments.
        Some(_) if flag.is_empty() => return split(&text),
        Some(_) => word(value),
        None if value.as_f64().is_some() => Word::plain(value.raw(), value.span().start),
        None => return Vec::new(),
    };
    let mut words = split(&flag);
    words.push(given);
    words
}

/// `Comfy.Server.LaunchArgs` of ComfyUI Desktop: names without hyphens, an empty text for a switch.
pub(super) fn desktop(root: JsonRef<'_>, script: &mut Script) {
    let setting = root.entries().find(|(key, value)| key.is_text("Comfy.Server.LaunchArgs") && value.is_object());
    let Some((key, arguments)) = setting.filter(|(_, arguments)| arguments.entries().next().is_some()) else { return };
    // It says whose main.py is meant.
    let (name, value) = (word(key), named("main.py", key.span()));
    let assign = Assign { name, value, span: key.span(), certain: true, exported: false, quoted: false };
    script.steps.push(Step::Assign(assign));
    let mut words = vec![named("main.py", key.span())];
    for (flag, value) in arguments.entries() {
        words.push(option(flag));
        match value.as_str() {
            Some(text) if text.is_empty() => {}
            Some(_) => words.push(word(value)),
            None => words.push(Word::plain(value.raw(), value.span().start)),
        }
    }
    start(script, words, Vec::new(), arguments.span());
}

/// `lowvram` for `--lowvram`.
fn option(key: JsonRef<'_>) -> Word {
    let word = word(key);
    let first = word.at.first().copied().unwrap_or(word.span.start);
    let at = [first, first].into_iter().chain(word.at.iter().copied()).collect();
    Word { text: format!("--{}", word.text), at, ..word }
}
