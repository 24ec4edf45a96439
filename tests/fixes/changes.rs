//! Changes of a text, as people and their editors make them, and worse ones.

/// What is done, where, and with what: any numbers do.
pub type Change = (u8, u16, u16);

/// The text with some changes.
pub fn changed(text: &str, changes: &[Change], flags: &[String]) -> String {
    changes.iter().fold(text.to_owned(), |text, change| one(&text, *change, flags))
}

/// A text is given as bytes now and then in UTF-16, as PowerShell writes it.
pub fn encoded(text: &str, way: u8) -> Vec<u8> {
    match way {
        0 => [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
        1 => format!("\u{feff}{text}").into_bytes(),
        _ => text.as_bytes().to_vec(),
    }
}

fn one(text: &str, (what, at, with): Change, flags: &[String]) -> String {
    let (at, with) = (usize::from(at), usize::from(with));
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        lines.push(String::new());
    }
    let index = at % lines.len();
    let line = lines[index].clone();
    let pick = |list: &'static [&'static str]| list[with % list.len()];
    match what % 20 {
        0 => lines.insert(index, line),
        1 => drop(lines.remove(index)),
        2 => {
            let other = with % lines.len();
            lines.swap(index, other);
        }
        3..=7 => return flagged(text, at, &flags[with % flags.len()]),
        8 => return between(text, at, |word| format!("{word} {word}")),
        9 => return between(text, at, |_| String::new()),
        10 => return between(text, at, |word| pick(&["\"_\"", "'_'", "\"_", "_\""]).replace('_', word)),
        11 => {
            return between(text, at, |word| {
                format!("{}{word}", pick(&["^\r\n  ", "\\\n  ", "`\n", "\n", "  ", "\t"]))
            });
        }
        12 => return numbered(text, at, pick(&["0", "1", "4", "81", "0.5", "600", "-1", "999999999999"])),
        13 => return ends(&lines, index, with),
        14 => {
            lines[index] = with_end(&line, pick(&[" ", "\t", " ^", " \\", " # a note", " & rem a note", " &&", " |"]))
        }
        15 => {
            lines[index] = format!("{}{line}", pick(&["  ", "\t", "rem ", "# ", "@", "call ", "exec ", "if exist x "]))
        }
        16 => lines.insert(index, pick(SETTINGS).to_owned()),
        17 => {
            lines[index] =
                format!("{}{}", pick(&["if exist x (\r\n", "if true; then\n", "for x in a b; do\n", "(\n"]), line)
                    + pick(&[")\r\n", "fi\n", "done\n", ")\n"])
        }
        18 => return noise(text, at, pick(PIECES)),
        _ => return text.trim_end().to_owned() + pick(&["", "\n", "\r\n", "\n\n"]),
    }
    lines.concat()
}

/// Lines that set something.
const SETTINGS: &[&str] = &[
    "set PYTORCH_CUDA_ALLOC_CONF=backend:cudaMallocAsync\r\n",
    "set CUDA_VISIBLE_DEVICES = 0\r\n",
    "set \"CUDA_VISIBLE_DEVICES=\"\r\n",
    "set CUDA_LAUNCH_BLOCKING=1 \r\n",
    "set X=--lowvram\r\n",
    "CUDA_LAUNCH_BLOCKING=1\n",
    "export CUDA_VISIBLE_DEVICES=-1\n",
    "export CUDA_VISIBLE_DEVICES=0\n",
    "X=--highvram\n",
    "$env:CUDA_LAUNCH_BLOCKING = 1\n",
    "ENV CUDA_LAUNCH_BLOCKING=1\n",
    "cd ComfyUI\n",
];

/// What hurts more than random bytes.
const PIECES: &[&str] = &[
    "\u{feff}",
    "\u{e9}",
    "\u{1f389}",
    "\0",
    "\r",
    "\n",
    "\"",
    "'",
    "^",
    "%",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "$(",
    "<<E\n",
    "%X%",
    "$X",
    "!X!",
    "%*",
    "$@",
    ";",
    "&",
    "|",
    "--",
    "=",
];

/// A flag in front of a word, most often of a command that starts something.
fn flagged(text: &str, at: usize, flag: &str) -> String {
    let starts: Vec<usize> = text.match_indices("main.py").map(|(at, _)| at + 7).collect();
    let ends = |from: usize| text[from..].find(['\r', '\n']).map_or(text.len(), |end| from + end);
    let places: Vec<usize> = match at % 4 {
        0 => blanks(text),
        1 => starts.iter().map(|from| ends(*from)).collect(),
        _ => starts
            .iter()
            .flat_map(|from| blanks(&text[*from..ends(*from)]).into_iter().map(move |at| from + at))
            .collect(),
    };
    let Some(place) = places.get(at / 4 % places.len().max(1)) else { return text.to_owned() };
    format!("{} {flag}{}", &text[..*place], &text[*place..])
}

/// Where single blanks stand.
fn blanks(text: &str) -> Vec<usize> {
    text.match_indices(' ').map(|(at, _)| at).collect()
}

/// One word becomes another.
fn between(text: &str, at: usize, new: impl Fn(&str) -> String) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let index = at % words.len();
    words[index] = new(&words[index]);
    words.join(" ")
}

/// One number becomes another.
fn numbered(text: &str, at: usize, new: &str) -> String {
    let digit = |letter: char| letter.is_ascii_digit();
    let starts: Vec<usize> = text
        .char_indices()
        .filter(|(at, letter)| digit(*letter) && !text[..*at].ends_with(digit))
        .map(|(at, _)| at)
        .collect();
    let Some(&start) = starts.get(at % starts.len().max(1)) else { return text.to_owned() };
    let length = text[start..].find(|letter| !digit(letter)).unwrap_or(text.len() - start);
    format!("{}{new}{}", &text[..start], &text[start + length..])
}

/// Other line ends: everywhere, or at one line.
fn ends(lines: &[String], index: usize, with: usize) -> String {
    let end = ["\r\n", "\n", "\r", ""][with % 4];
    let of = |(at, line): (usize, &String)| {
        let bare = line.trim_end_matches(['\r', '\n']);
        let change = bare.len() < line.len() && (at == index || with & 4 == 0);
        if change { format!("{bare}{end}") } else { line.clone() }
    };
    lines.iter().enumerate().map(of).collect()
}

fn with_end(line: &str, more: &str) -> String {
    let bare = line.trim_end_matches(['\r', '\n']);
    format!("{bare}{more}{}", &line[bare.len()..])
}

/// A piece in the middle of a word.
fn noise(text: &str, at: usize, piece: &str) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    // Long texts have more places than the number says.
    let place = places[at.wrapping_mul(at | 1) % places.len()];
    format!("{}{piece}{}", &text[..place], &text[place..])
}
