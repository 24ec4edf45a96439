//! SwarmUI's `Backends.fds` and comfy-cli's `config.ini`: one setting to a line.

use super::{named, split, start};
use crate::read::ini;
use crate::read::piece::written;
use crate::read::script::{Script, Word};
use crate::span::Span;

/// A line `key: value`.
struct Line<'t> {
    key: &'t str,
    value: &'t str,
    /// Blanks or tabs in front.
    inner: bool,
    key_at: usize,
    value_at: usize,
}

/// The lines with a key, comments left out.
fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut offset = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let from = offset;
        offset += line.len();
        let body = line.trim_start_matches('\u{feff}');
        let from = from + line.len() - body.len();
        let (key, value) = body.split_once(':')?;
        let value_at = from + key.len() + 1 + (value.len() - value.trim_start().len());
        let key_at = from + key.len() - key.trim_start().len();
        let comment = key.trim_start().starts_with('#');
        let inner = body.starts_with([' ', '\t']);
        (!comment).then_some(Line { key: key.trim(), value: value.trim(), inner, key_at, value_at })
    })
}

/// Each backend of SwarmUI that starts ComfyUI itself.
pub(super) fn backends(text: &str, script: &mut Script) {
    let mut backend: Vec<Line<'_>> = Vec::new();
    for line in lines(text) {
        if !line.inner {
            finish(text, &backend, script);
            backend.clear();
        }
        backend.push(line);
    }
    finish(text, &backend, script);
}

fn finish(text: &str, backend: &[Line<'_>], script: &mut Script) {
    let line = |key: &str| backend.iter().find(|line| line.key == key);
    let is = |key: &str, value: &str| line(key).is_some_and(|line| line.value.eq_ignore_ascii_case(value));
    let main = line("StartScript").filter(|main| main.value.ends_with("main.py"));
    let Some(main) = main.filter(|_| is("type", "comfyui_selfstart") && !is("enabled", "false")) else { return };
    let mut words = vec![Word::plain(main.value, main.value_at as u32)];
    let mut span = words[0].span;
    if !is("DisableInternalArgs", "true") {
        // SwarmUI adds arguments of its own.
        words.push(Word { known: false, ..named("?", span) });
    }
    if let Some(extra) = line("ExtraArgs") {
        let (from, to) = (extra.value_at, extra.value_at + extra.value.len());
        // The format writes some letters as a backslash and another letter.
        let doubted = |word: Word| Word { known: !word.text.contains('\\'), ..word };
        words.extend(split(&written(text, from, to)).into_iter().map(doubted));
        span = Span::new(extra.key_at as u32, to as u32);
    }
    start(script, words, Vec::new(), span);
}

/// `default_launch_extras` of comfy-cli: what `comfy launch` hands on when nothing else is given. It is split at blanks, and
/// quotes stay in the words.
pub(super) fn extras(text: &str, script: &mut Script) {
    let settings = ini::read(text);
    let Some(entry) = settings.get("DEFAULT", "default_launch_extras") else { return };
    let (key, value) = (Span::new(entry.span.start, entry.span.start + 1), &entry.value);
    let mut words: Vec<Word> = ["comfy", "launch", "--"].into_iter().map(|word| named(word, key)).collect();
    let mut at = 0;
    for word in value.text.split(' ') {
        if !word.is_empty() {
            // The parser of the file replaces %(name)s.
            let plain = Word::plain(word, value.part(at, at + word.len()).start);
            words.push(Word { known: !word.contains('%'), ..plain });
        }
        at += word.len() + 1;
    }
    if words.len() > 3 {
        start(script, words, Vec::new(), entry.span);
    }
}
