//! No input makes a reader panic, and what it returns always lies within the text.

use proptest::prelude::*;

use super::launches::ALL;
use super::started;
use super::support::check;
use wanlint::facts::launch::{Launch, launches};
use wanlint::read::read;
use wanlint::read::script::Dialect;
use wanlint::span::Span;

fn all(text: &str) {
    for dialect in Dialect::ALL {
        let script = read(dialect, text);
        check(text, &script);
        launches(&script).iter().for_each(|launch| facts(text, launch));
    }
}

fn facts(text: &str, launch: &Launch) {
    let inside = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
    inside(launch.span);
    for flag in &launch.flags {
        [flag.span, flag.whole].into_iter().for_each(inside);
        flag.values.iter().for_each(|value| inside(value.span));
    }
    launch.problems(None).iter().for_each(|problem| inside(problem.span));
    launch.env.iter().for_each(|var| inside(var.value.span));
}

#[test]
fn every_prefix() {
    for (text, _) in ALL.iter().chain(&started::ALL).chain(&super::described::ALL) {
        (0..text.len()).filter_map(|end| text.get(..end)).for_each(all);
    }
}

/// Pieces that mean something to one of the readers.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "^",
    "%",
    "%%",
    "!",
    "&",
    "&&",
    "||",
    "|",
    "(",
    ")",
    "\n",
    "\r\n",
    " ",
    "\\",
    "$",
    "${",
    "}",
    "`",
    "$(",
    "=",
    "#",
    ">",
    "2>&1",
    "set ",
    "export ",
    "if a==b ",
    "for %%i in (x) do ",
    "goto ",
    ":l",
    "call ",
    "start ",
    "cmd /c ",
    "%A%",
    "$A",
    "A=",
    "A+=(",
    "[@]",
    ":-",
    "python main.py ",
    "--fast",
    "--listen=",
    "é",
    "\u{feff}",
    "<<E",
    "E",
    "rem ",
    "else ",
    "@",
    "\0",
    "\u{1f389}",
    "{",
    "[[ ",
    "1",
    ";;",
    "case x in ",
    "@\"\n",
    "\n\"@",
    "$env:A = ",
    "$A += ",
    "@(",
    "@A",
    "& ",
    "#>",
    "<#",
    "Start-Process ",
    "iex ",
    "`\n",
    ",",
    "--% ",
    "param(",
    "os.environ[\"X\"] = ",
    "subprocess.run([",
    "os.system(\"",
    "f\"{a}",
    "def main():\n    ",
    "main()",
    "env = dict(os.environ)\n",
    ", env=env)",
    "a.append(",
    "\\n",
    "\\u00e9",
    "!",
    "%env X=1",
    "::",
    "FROM x AS b\n",
    "CMD [\"python\", \"main.py\"]\n",
    "ENTRYPOINT ",
    "ENV A=",
    "RUN ",
    "ARG ",
    "services:\n  a:\n    command: ",
    "\n    environment:\n      - ",
    "&x ",
    "*x",
    "<<: ",
    ": ",
    "- ",
    "|\n",
    "[",
    "]",
    ",",
    "ExecStart=",
    "[Service]\n",
    "Environment=",
    "\\u00e9",
    "\t",
    "setlocal\n",
    "setlocal enabledelayedexpansion\n",
    "endlocal\n",
    "call :l a b\n",
    "goto l\n",
    "exit /b\n",
    "shift\n",
    "%1 %~2 %*",
    "%A:~1,-1%",
    "!A:x=y!",
    "set /a A=",
    "set A=",
    "A+1,",
    "<<",
    "for %%i in (a b) do ",
    "for /l %%i in (1,1,3) do (\n",
    "%%i",
    "if defined A ",
    "cat > r.sh <<E\n",
    "cat <<-'E' | tee a.bat\n",
    "\nE\n",
    "bash -c \"",
    "eval ",
    "f() { ",
    "function f($A) { ",
    "function f { param($A, [switch]$b)\n",
    "f -A 1 ",
    "$script:A = ",
    "global A\n    ",
    "f(A, b=1)\n",
    "f a b\n",
    "\"$@\"",
    "local X=",
    "return\n",
    "( ",
    "echo x > r.sh\n",
    "if 1==1 ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutations(which in 0..ALL.len() + started::ALL.len() + super::described::ALL.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..4_usize), 1..6)) {
        let texts = ALL.iter().chain(&started::ALL).chain(&super::described::ALL);
        let mut text: Vec<char> = texts.clone().nth(which).map_or("", |one| one.0).chars().collect();
        for (place, piece, removed) in edits {
            let at = place.index(text.len() + 1);
            text.splice(at..(at + removed).min(text.len()), PIECES[piece].chars());
        }
        all(&text.into_iter().collect::<String>());
    }

    #[test]
    fn soups(pieces in prop::collection::vec(0..PIECES.len(), 0..40)) {
        all(&pieces.into_iter().map(|piece| PIECES[piece]).collect::<String>());
    }

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        all(&String::from_utf8_lossy(&bytes));
    }
}
