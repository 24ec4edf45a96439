//! Files of variables.

use super::support::{checked, show};
use wanlint::read::dotenv::read;
use wanlint::read::script::Step;

#[track_caller]
fn same(text: &str, expected: &[&str]) {
    assert_eq!(show(&checked(text, read)), expected, "{text}");
}

#[test]
fn lines() {
    same(
        "# x\nA=1\r\n\nB = 2\nexport C='a b' # c\nD=\"x\"\nE=a # b\nF=#x\nG=a#b\n=1\nnone\n",
        &["A=1", "B=2", "C=a b", "D=x", "E=a", "F=", "G=a#b"],
    );
    same("\u{feff}A=$B\nC='$B'\nD=\"é\"\nexport=1\nE='open", &["A=~$B", "C=$B", "D=é", "export=1", "E='open"]);
}

#[test]
fn the_span_covers_the_line_as_written() {
    let text = "  export A = 'x'  # why \nB=";
    let spans = read(text).steps.into_iter().map(|step| match step {
        Step::Assign(assign) => (&text[assign.span.range()], &text[assign.value.span.range()]),
        Step::Command(_) => ("", ""),
    });
    assert_eq!(spans.collect::<Vec<_>>(), [("export A = 'x'  # why", "x"), ("B=", "")]);
}
