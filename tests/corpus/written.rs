//! The ways in which people's editors and programs write the same JSON.

/// The text in each way, with the name of the way.
pub(crate) fn ways(text: &str) -> Vec<(&'static str, String)> {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    vec![
        ("as it is", text.to_owned()),
        ("CRLF", crlf(text)),
        ("BOM", format!("\u{feff}{text}")),
        ("tabs", tabbed(text)),
        ("tabs and CRLF", crlf(&tabbed(text))),
        ("minified", minified(text)),
        ("minified with a last line end", minified(text) + "\n"),
    ]
}

/// A tab for every two blanks in front of a line. No string of JSON goes over a line's end.
fn tabbed(text: &str) -> String {
    let line = |line: &str| {
        let inner = line.trim_start_matches(' ');
        "\t".repeat((line.len() - inner.len()) / 2) + inner
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Without blanks outside strings; numbers and escapes stay as they are written.
fn minified(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let kept = text.chars().filter(|letter| {
        let blank = !inside && letter.is_ascii_whitespace();
        match letter {
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = *letter == '\\' && !escaped;
        !blank
    });
    kept.collect()
}

#[test]
fn ways_hold_the_same() {
    let text = "{\n  \"a\": [1.0, \"b \\\" c\\\\\"],\n    \"d\": {\n    }\n}\n";
    let same = serde_json::from_str::<serde_json::Value>(text).unwrap();
    for (way, text) in ways(text) {
        let value: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        assert_eq!(value, same, "{way}");
    }
    assert_eq!(minified(text), r#"{"a":[1.0,"b \" c\\"],"d":{}}"#);
    assert!(tabbed(text).contains("\n\t\t\"d\""));
}
