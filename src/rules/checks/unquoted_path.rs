//! LAUNCH043: a path with blanks and no quotes around it.

use crate::facts::launch::Flag;
use crate::read::script::Word;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// Fires where the words behind a folder's flag go on with what looks like the rest of its path.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let flags = view.launch.flags.iter().filter(|flag| flag.known && takes_a_folder(flag));
    for (flag, value) in flags.filter_map(|flag| Some((flag, flag.value()?))) {
        let rest = rest_of(view, value);
        let (Some(last), true) = (rest.last(), value.known && is_path(&value.text)) else { continue };
        let words = std::iter::once(value).chain(rest.iter().copied()).map(|word| word.text.as_str());
        let path = words.collect::<Vec<_>>().join(" ");
        let stray = rest.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let fill = [("flag", flag.written.clone()), ("value", value.text.clone()), ("path", path), ("stray", stray)];
        sink.fire(rule, view.at(value.span.to(last.span)), &fill);
    }
}

/// Flags with exactly one value that is a path.
fn takes_a_folder(flag: &Flag) -> bool {
    flag.name.is_some_and(|name| name.ends_with("-directory") || name.ends_with("-root"))
}

/// The arguments that no flag takes, each one blank behind the other, from the value on. Quotes would widen the spans.
fn rest_of<'a>(view: &'a LaunchView, value: &Word) -> Vec<&'a Word> {
    let bare = |word: &Word| word.known && (word.span.end - word.span.start) as usize == word.text.len();
    if !bare(value) {
        return Vec::new();
    }
    let (mut end, mut rest) = (value.span.end, Vec::new());
    for word in view.launch.stray.iter().filter(|word| bare(word)) {
        if word.span.start == end + 1 {
            end = word.span.end;
            rest.push(word);
        }
    }
    rest
}

fn is_path(text: &str) -> bool {
    text.contains(['/', '\\']) || text.ends_with(':')
}
