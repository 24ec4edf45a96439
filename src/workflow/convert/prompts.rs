//! Dynamic prompts: `{a|b}` becomes one of its options, comments go. ComfyUI_frontend's `processDynamicPrompt`.

/// Deepest nesting of choices that is rewritten; what lies deeper stays as it is.
const MAX_NESTING: usize = 100;

/// Chooses among options.
pub(super) struct Chooser {
    /// The state of a linear congruential generator; `None` takes the first option.
    state: Option<u64>,
}

impl Chooser {
    pub fn new(seed: Option<u64>) -> Self {
        Self { state: seed }
    }

    /// One of `count` options. The constants are Knuth's for MMIX; the high bits are the random ones.
    fn choose(&mut self, count: usize) -> usize {
        let Some(state) = &mut self.state else { return 0 };
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((*state >> 33) as usize) % count.max(1)
    }
}

/// A prompt as it is sent.
pub(super) fn rewritten(text: &str, chooser: &mut Chooser) -> String {
    if !text.contains(['{', '\\', '/']) {
        return text.to_owned();
    }
    unescaped(&chosen(text, chooser, 0))
}

/// The comments go before the choices are made, and inside each chosen option again: `{/|a}/ b` can build one.
fn chosen(text: &str, chooser: &mut Chooser, depth: usize) -> String {
    let text = without_comments(text);
    let mut letters = text.chars();
    let mut out = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => escape(&mut out, &mut letters),
            '{' if depth < MAX_NESTING => {
                let option = block(&mut letters, chooser);
                out.push_str(&unescaped(&chosen(&option, chooser, depth + 1)));
            }
            other => out.push(other),
        }
    }
    out
}

/// A backslash keeps the letter after it from having a meaning. At the end of the text the browser finds no letter.
fn escape(out: &mut String, letters: &mut std::str::Chars<'_>) {
    out.push('\\');
    match letters.next() {
        Some(letter) => out.push(letter),
        None => out.push_str("undefined"),
    }
}

/// Reads the options behind an opening brace, up to its closing one or the end of the text, and takes one.
fn block(letters: &mut std::str::Chars<'_>, chooser: &mut Chooser) -> String {
    let (mut options, mut depth) = (vec![String::new()], 0_usize);
    while let Some(letter) = letters.next() {
        let option = options.len() - 1;
        match letter {
            '\\' => {
                escape(&mut options[option], letters);
                continue;
            }
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            '|' if depth == 0 => {
                options.push(String::new());
                continue;
            }
            _ => {}
        }
        options[option].push(letter);
    }
    let count = options.len();
    options.swap_remove(chooser.choose(count))
}

/// Removes `/* ... */` and `// ...` up to the end of the line; of a web address only the scheme stays.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, comment) = rest.split_at(at);
        out.push_str(before);
        let block = comment.strip_prefix("/*").and_then(|inner| inner.find("*/").map(|end| end + 4));
        let line = || comment.starts_with("//").then(|| comment.find(LINE_ENDS).unwrap_or(comment.len()));
        match block.or_else(line) {
            Some(length) => rest = &comment[length..],
            None => {
                out.push('/');
                rest = &comment[1..];
            }
        }
    }
    out + rest
}

/// What `.` does not match in JavaScript.
const LINE_ENDS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

fn unescaped(text: &str) -> String {
    text.replace("\\{", "{").replace("\\}", "}").replace("\\|", "|")
}

#[cfg(test)]
mod tests {
    use super::{Chooser, rewritten};

    #[test]
    fn takes_the_first_option_unless_told_otherwise() {
        let first = |text| rewritten(text, &mut Chooser::new(None));
        for (text, expected) in [
            ("a {red|green|{light|dark} blue} cat", "a red cat"),
            ("{{a|b}|c} {single} {} {|x}", "a single  "),
            ("one // two\nthree /* four */ five", "one \nthree  five"),
            ("see http://example.com", "see http:"),
            ("\\{kept\\|as it is\\}", "{kept|as it is}"),
            ("{never closed|x", "never closed"),
            ("close } and | pipe", "close } and | pipe"),
            ("a/b {c/d|e}", "a/b c/d"),
            ("/* open {a|b}", "/* open a"),
            ("", ""),
        ] {
            assert_eq!(first(text), expected, "{text}");
        }
        let deep = "{".repeat(100_000);
        assert!(first(&deep).len() <= deep.len());
    }

    #[test]
    fn a_seed_chooses_and_always_the_same() {
        let text = "{1|2|3|4|5|6|7|8}".repeat(8);
        let with = |seed| rewritten(&text, &mut Chooser::new(Some(seed)));
        assert_eq!(with(1), with(1));
        assert!((0..8).map(with).collect::<std::collections::HashSet<_>>().len() > 4);
        assert!((0..8).all(|seed| with(seed).chars().all(|letter| ('1'..='8').contains(&letter))));
    }
}
