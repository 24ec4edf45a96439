//! Secrets in text: recognised and masked, so that no report repeats what should not have been written down.
//!
//! A secret is recognised by its shape (`hf_...`, `sk-...`, a JSON web token) or by the name in front of it (`HF_TOKEN=`,
//! `"api_key":`, `--password`, `?token=`). A mask has as many characters as the secret, so places in a line stay right.

mod person;

use std::ops::Range;

pub use person::Person;

/// Characters of a secret that stay, so that its owner knows which one is meant.
const SHOWN: usize = 3;

/// Most bytes of user and password in an address.
const MAX_ADDRESS: usize = 512;

/// Beginnings of keys and the least number of letters, digits, `-` and `_` that follow.
const SHAPES: [(&str, usize); 19] = [
    ("hf_", 20),
    ("sk-", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("ghu_", 30),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxs-", 10),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("r8_", 30),
    ("comfyui-", 32),
    ("npm_", 30),
    ("eyJ", 40),
];

/// Ends of names that hold secrets, without `-`, `_` and `.`.
const NAMES: [&str; 14] = [
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "credentials",
    "bearer",
    "apikeycomfyorg",
];

/// Texts that stand for a key in examples.
const PLACEHOLDERS: [&str; 14] = [
    "your",
    "example",
    "changeme",
    "change_me",
    "placeholder",
    "dummy",
    "xxxx",
    "insert",
    "here",
    "replace",
    "****",
    "....",
    "12345",
    "secret",
];

/// The text with every secret masked; the same number of characters.
pub fn masked(text: &str) -> String {
    let spans = spans(text);
    if spans.is_empty() {
        return text.to_owned();
    }
    let hidden = |at: usize| {
        let next = spans.partition_point(|span| span.end <= at);
        spans.get(next).is_some_and(|span| span.contains(&at))
    };
    text.char_indices().map(|(at, character)| if hidden(at) { '*' } else { character }).collect()
}

/// A value with its name known: masked when the name says that it is secret, else as [`masked`].
pub fn masked_under(name: &str, value: &str) -> String {
    match is_secret_name(name) {
        true => value.chars().enumerate().map(|(at, letter)| if at < SHOWN { letter } else { '*' }).collect(),
        false => masked(value),
    }
}

/// The bytes to hide: whole characters, sorted, apart from each other.
pub fn spans(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for word in words(text, is_key) {
        if let Some(secret) = shape(&text[word.clone()]) {
            found.push(hide(text, word.start + secret.start..word.start + secret.end));
        }
    }
    for (at, sign) in text.bytes().enumerate() {
        let value = match sign {
            b'=' | b':' => named(text, at),
            b',' => listed(text, at),
            b' ' => behind_flag(text, at),
            b'@' => in_address(text, at),
            _ => None,
        };
        found.extend(value.map(|value| hide(text, value)));
    }
    found.sort_by_key(|span| span.start);
    found.dedup_by(|later, earlier| {
        let joined = later.start <= earlier.end;
        earlier.end = if joined { earlier.end.max(later.end) } else { earlier.end };
        joined
    });
    found
}

/// Longest value that can be a key, bytes: longer texts are prompts.
const LONGEST: usize = 1024;

/// Shortest value that can be a key, bytes: `xoxb-` and ten letters. What looks random has more.
const SHORTEST: usize = 15;

/// True for a text that has the shape of a key or, under a name that says so, looks as random as one.
pub fn is_secret(name: &str, value: &str) -> bool {
    if !(SHORTEST..=LONGEST).contains(&value.len()) {
        return false;
    }
    let value = value.trim().trim_matches(['"', '\'']);
    // Nearly every text is told by how it begins and what it is made of, which costs less than the rest.
    let keyed =
        || SHAPES.iter().any(|(head, _)| value.starts_with(head)) && shape(value).is_some_and(|at| at.start == 0);
    let named = || is_random(value) && is_secret_name(name);
    (keyed() || named()) && !is_placeholder(value) && distinct(value) >= 8
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// True for names such as `HF_TOKEN`, `api_key`, `--civitai-token`.
pub fn is_secret_name(name: &str) -> bool {
    let backwards = name.bytes().rev().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    NAMES.iter().any(|end| backwards.clone().take(end.len()).eq(end.bytes().rev()))
}

/// The key inside a word of key letters.
fn shape(word: &str) -> Option<Range<usize>> {
    SHAPES.iter().find_map(|&(head, least)| {
        let start = word.match_indices(head).map(|(at, _)| at).find(|&at| starts_here(word, at))?;
        let rest = &word[start + head.len()..];
        // `hf_hub_enable_hf_transfer` and `sk-learn-...` are names: keys have long runs.
        let run = rest.split(['-', '_', '.']).map(str::len).max().unwrap_or_default();
        let long = rest.len() >= least && run >= least.min(10) && (run >= 20 || has_digit(rest));
        long.then_some(start..word.len())
    })
}

fn starts_here(word: &str, at: usize) -> bool {
    at == 0 || word.as_bytes().get(at - 1).is_some_and(|before| !before.is_ascii_alphanumeric())
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Letters and digits mixed, and long: what a generator makes and no person writes.
fn is_random(value: &str) -> bool {
    let letters = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    value.len() >= 16 && has_digit(value) && letters && value.chars().all(is_key)
}

fn distinct(text: &str) -> usize {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    letters.len()
}

fn is_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn words(text: &str, part: fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let start = text.as_ptr() as usize;
    text.split(move |c| !part(c)).filter(|word| word.len() > 10).map(move |word| {
        let from = word.as_ptr() as usize - start;
        from..from + word.len()
    })
}

/// The value behind the sign at `at` when the name in front of it holds secrets. A colon counts behind a quoted name and in
/// `Authorization: Bearer`; else it is part of a sentence.
fn named(text: &str, at: usize) -> Option<Range<usize>> {
    let before = text[..at].trim_end_matches([' ', '\t']);
    // `os.environ["HF_TOKEN"] = ...` has a bracket behind the name.
    let before = before.strip_suffix(']').filter(|before| before.ends_with(['"', '\''])).unwrap_or(before);
    let bare = before.trim_end_matches(['"', '\'']);
    let start = bare
        .rfind(|c: char| !is_key(c))
        .map_or(0, |found| found + bare[found..].chars().next().map_or(1, char::len_utf8));
    let name = &bare[start..];
    let colon = text.as_bytes().get(at) == Some(&b':');
    let asked = if colon { bare.len() < before.len() || name.contains('_') } else { true };
    (asked && is_secret_name(name)).then(|| value(text, at + 1)).flatten()
}

/// The text behind the comma at `at` when the text in front of it is the name of a secret: `setdefault("HF_TOKEN", "...")`,
/// `["--hf-token", "..."]`.
fn listed(text: &str, at: usize) -> Option<Range<usize>> {
    let before = text[..at].trim_end_matches([' ', '\t']);
    let bare = before.strip_suffix(['"', '\''])?;
    let start = bare.rfind(['"', '\''])? + 1;
    let name = &bare[start..];
    let plain = name.chars().all(is_key) && (name.contains('_') || name.starts_with("--"));
    let quoted = text[at + 1..].trim_start_matches([' ', '\t']).starts_with(['"', '\'']);
    (plain && quoted && is_secret_name(name)).then(|| value(text, at + 1)).flatten()
}

/// The value behind `--token `, `setx TOKEN ` or `Bearer `.
fn behind_flag(text: &str, at: usize) -> Option<Range<usize>> {
    let start = text[..at].rfind(|c: char| !is_key(c)).map_or(0, |found| found + 1);
    let name = text.get(start..at)?;
    let bearer = name.eq_ignore_ascii_case("bearer");
    let front = text[..start].trim_end();
    let setx = || {
        front.len().checked_sub(4).and_then(|at| front.get(at..)).is_some_and(|word| word.eq_ignore_ascii_case("setx"))
    };
    (bearer || (is_secret_name(name) && (name.starts_with("--") || setx()))).then(|| value(text, at + 1)).flatten()
}

/// The password of `https://user:password@host`.
fn in_address(text: &str, at: usize) -> Option<Range<usize>> {
    let near = (at.saturating_sub(MAX_ADDRESS)..at).find(|&from| text.is_char_boundary(from))?;
    let from = near + text[near..at].rfind("://")? + 3;
    let user = text.get(from..at)?;
    let colon = user.find(':')?;
    let plain = !user.contains(|c: char| c.is_whitespace() || c == '/' || c == '"');
    (plain && colon + 1 < user.len()).then_some(from + colon + 1..at)
}

/// A literal value from `from` on: up to its closing quote, else up to what ends a word. References to variables are none.
fn value(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let start = from + rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let rest = &text[start..];
    let (quote, inner) = match rest.chars().next()? {
        quote @ ('"' | '\'') => (Some(quote), start + 1),
        _ => (None, start),
    };
    let ends = |c: char| quote.map_or(c.is_whitespace() || "\"'&;|,<>()`".contains(c), |quote| c == quote || c == '\n');
    let end = text[inner..].find(ends).map_or(text.len(), |length| inner + length);
    let inside = &text[inner..end];
    let reference = inside.starts_with(['$', '%', '{', '!', '<', '[']) || inside.eq_ignore_ascii_case("bearer");
    (inside.len() > SHOWN && !reference).then_some(inner..end)
}

/// What of a secret is hidden: all but its first characters.
fn hide(text: &str, secret: Range<usize>) -> Range<usize> {
    let shown = text[secret.clone()].char_indices().nth(SHOWN).map_or(secret.end, |(at, _)| secret.start + at);
    shown..secret.end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "hf_aB3dE5gH7jK9mN1pQ3sT5vX7z";

    #[test]
    fn keys_are_masked_wherever_they_stand() {
        for text in [
            format!("set HF_TOKEN={KEY}"),
            format!("curl -H \"Authorization: Bearer {KEY}\" x"),
            format!("https://civitai.com/api/download/1?token={KEY}&type=Model"),
            format!("{{\"api_key\": \"{KEY}\"}}"),
            format!("it says {KEY}."),
            format!("--token {KEY} --port 8188"),
        ] {
            let shown = masked(&text);
            assert!(!shown.contains("dE5gH7"), "{shown}");
            assert!(shown.contains("hf_****"), "{shown}");
            assert_eq!(shown.chars().count(), text.chars().count());
        }
    }

    #[test]
    fn names_alone_are_enough_to_mask() {
        for (text, shown) in [
            ("COMFY_PASSWORD=geheim", "COMFY_PASSWORD=geh***"),
            ("\"api_key\": \"abcdef\"", "\"api_key\": \"abc***\""),
            ("https://me:sesame@host/x", "https://me:ses***@host/x"),
            ("CIVITAI_TOKEN: abcdef", "CIVITAI_TOKEN: abc***"),
            ("os.environ['HF_TOKEN'] = 'abcdef'", "os.environ['HF_TOKEN'] = 'abc***'"),
            ("os.putenv(\"HF_TOKEN\", \"abcdef\")", "os.putenv(\"HF_TOKEN\", \"abc***\")"),
            ("setx HF_TOKEN abcdef /M", "setx HF_TOKEN abc*** /M"),
            ("['--hf-token', 'abcdef', '--port', '8188']", "['--hf-token', 'abc***', '--port', '8188']"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn a_name_elsewhere_counts_as_well() {
        assert_eq!(masked_under("--hf-token", "sesame"), "ses***");
        assert_eq!(masked_under("--port", "8188"), "8188");
        assert!(!masked_under("--port", KEY).contains("dE5gH7"));
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "HF_TOKEN=$HF_TOKEN",
            "set CIVITAI_API_KEY=%CIVITAI_API_KEY%",
            "--tls-keyfile key.pem --port 8188",
            "HF_HUB_ENABLE_HF_TRANSFER=1",
            "a token: everyone who reads it can act for you",
            "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
            "TOKENIZERS_PARALLELISM=false",
            "sk-learn-contrib-package-name",
            "['unk_token', pad]",
            "(\"a token\", \"abcdef\")",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn examples_are_no_secrets() {
        assert!(is_secret("api_key", KEY) && is_secret("x", KEY) && is_secret("PASSWORD", "a8Kd03mZq91LpX4t"));
        for value in ["", "sk-...", "your_key_here", "hf_xxxxxxxxxxxxxxxxxxxxxxxxxx", "none", "a cat in 4k, password"] {
            assert!(!is_secret("api_key", value), "{value}");
        }
        assert!(!is_secret("text", "a8Kd03mZq91LpX4t"));
    }

    proptest! {
        #[test]
        fn masks_keep_the_shape_of_any_text(text in ".{0,200}") {
            let shown = masked(&text);
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            for (before, after) in text.chars().zip(shown.chars()) {
                prop_assert!(before == after || after == '*');
            }
        }

        #[test]
        fn no_key_survives(before in "[ -~]{0,30}[ =:\"]", key in "[a-zA-Z0-9]{34}", after in "([ \"&\n].{0,30})?") {
            let text = format!("{before}hf_{key}{after}");
            prop_assert!(!masked(&text).contains(&key), "{}", masked(&text));
        }

        #[test]
        fn no_named_value_survives(name in "(HF_TOKEN|API_KEY|my_secret|DB_PASSWORD)", value in "[a-z0-9]{8,20}") {
            let text = format!("export {name}='{value}' && python main.py");
            prop_assert!(!masked(&text).contains(&value), "{}", masked(&text));
        }
    }
}
