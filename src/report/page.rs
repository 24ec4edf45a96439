//! What all pages have in common: one file that needs neither network nor script, readable on a telephone, light and dark, in print.
//!
//! maud escapes every text; every text from files is masked first.

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub mod bars;

const STYLE: &str = include_str!("page/style.css");

/// A whole page: its title, the lines below it, what it shows, a line at its end, and the style that only it has.
pub fn page(title: &str, below: &[String], main: &Markup, end: &Markup, own_style: &str) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Without this a browser asks the server for an icon.
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(own_style)) }
            }
            body {
                header {
                    h1 { (title) }
                    @for line in below { p.machine { (line) } }
                }
                main { (main) }
                footer { "wanlint " (env!("CARGO_PKG_VERSION")) (end) }
            }
        }
    };
    markup.into_string() + "\n"
}

/// A sentence with a capital at its beginning.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
