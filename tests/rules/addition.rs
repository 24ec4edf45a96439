//! A flag is added to every start of every script that there is: it reaches just that start, behind what was there, and no other
//! byte changes.

use std::collections::BTreeSet;

use wanlint::facts::launch::Launch;
use wanlint::finding::Location;
use wanlint::fix::{Act, Fix, Grade, Verb, edits};
use wanlint::project::File;
use wanlint::span::Span;

use super::{read, scripts};

/// What is added, with and without a value; no script has it.
const NEW: [&str; 2] = ["--preview-size 333", "--quick-test-for-ci"];

#[test]
fn one_flag_more_is_the_same_start_with_it() {
    let (mut done, mut refused) = (0, Vec::new());
    for (name, text) in scripts() {
        let Some(file) = read(&name, &text) else { continue };
        let spans: BTreeSet<Span> = file.launches().iter().map(|launch| launch.span).collect();
        for (span, new) in spans.into_iter().flat_map(|span| NEW.map(|new| (span, new))) {
            let acts = vec![Act::At(Verb::AddFlag, Location { file: 0, span }, new.to_owned())];
            let fix = Fix { title: String::new(), grade: Grade::Safe, acts, starts: Vec::new(), instances: 1 };
            match edits(&fix, std::slice::from_ref(&file)) {
                Err(why) => refused.push(format!("{name}: {why}\n{text}")),
                Ok(edits) => {
                    let [edit] = edits.as_slice() else { panic!("{name}: {edits:?}") };
                    assert!(edit.span.start == edit.span.end, "{name}: only inserts");
                    let mut changed = text.clone();
                    changed.insert_str(edit.span.start as usize, &edit.text);
                    assert_eq!(text.contains("\r\n"), changed.contains("\r\n"));
                    assert!(!text.contains("\r\n") || changed.matches('\n').count() == changed.matches("\r\n").count());
                    let after = read(&name, &changed).unwrap();
                    assert_eq!(ways(&after, None), ways(&file, Some((span, new))), "{name}: with {new}:\n{changed}");
                    done += 1;
                }
            }
        }
    }
    assert!(done > 500, "only {done} were added");
    assert!(refused.len() * 100 < done, "{done} done, {} refused:\n{}", refused.len(), refused.join("\n"));
}

type Way = (Vec<String>, Vec<(String, String)>, BTreeSet<Vec<String>>);

/// Program, environment and flags of every start; flags are a set, since a new one goes in front of what is not known.
fn ways(file: &File, with: Option<(Span, &str)>) -> BTreeSet<Way> {
    let way = |launch: &Launch| {
        let program = launch.interpreter.iter().chain([&launch.main]).map(|word| word.text.clone()).collect();
        let env = launch.env.iter().map(|var| (var.name.text.clone(), var.value.text.clone())).collect();
        let flags = launch.flags.iter().map(|flag| {
            let values = flag.values.iter().map(|word| word.text.clone());
            std::iter::once(flag.written.clone()).chain(values).collect()
        });
        let new = with.filter(|(span, _)| span.start == launch.span.start);
        let new = new.map(|(_, new)| new.split(' ').map(str::to_owned).collect::<Vec<_>>());
        (program, env, flags.chain(new).collect())
    };
    file.launches().iter().map(way).collect()
}

/// How it is written in each form of a start: as the arguments around it are.
const FORMS: [(&str, &str, &str); 22] = [
    ("a.bat", "python main.py", "python main.py --preview-size 333"),
    ("a.bat", "python main.py --port 8188 %*\r\n", "python main.py --port 8188 --preview-size 333 %*\r\n"),
    (
        "a.bat",
        "python main.py ^\r\n  --lowvram\r\npause\r\n",
        "python main.py ^\r\n  --lowvram ^\r\n  --preview-size 333\r\npause\r\n",
    ),
    (
        "a.bat",
        "set ARGS=--lowvram\npython main.py %ARGS%\n",
        "set ARGS=--lowvram\npython main.py %ARGS% --preview-size 333\n",
    ),
    (
        "a.sh",
        "python main.py \\\n    --port 8188 # one\n",
        "python main.py \\\n    --port 8188 \\\n    --preview-size 333 # one\n",
    ),
    (
        "a.sh",
        "exec python main.py --lowvram \"$@\" >log 2>&1\n",
        "exec python main.py --lowvram \"$@\" --preview-size 333 >log 2>&1\n",
    ),
    (
        "a.sh",
        "A=(--lowvram)\npython main.py \"${A[@]}\" &\n",
        "A=(--lowvram)\npython main.py \"${A[@]}\" --preview-size 333 &\n",
    ),
    (
        "a.ps1",
        "& python main.py `\r\n  --lowvram\r\n",
        "& python main.py `\r\n  --lowvram `\r\n  --preview-size 333\r\n",
    ),
    (
        "a.ps1",
        "$a = @('--lowvram')\npython main.py @a\n",
        "$a = @('--lowvram')\npython main.py @a --preview-size 333\n",
    ),
    (
        "a.ps1",
        "Start-Process python -ArgumentList 'main.py', '--lowvram'\n",
        "Start-Process python -ArgumentList 'main.py', '--lowvram', '--preview-size', '333'\n",
    ),
    (
        "Dockerfile",
        "FROM a\nCMD [\"python\", \"main.py\"]\n",
        "FROM a\nCMD [\"python\", \"main.py\", \"--preview-size\", \"333\"]\n",
    ),
    (
        "Dockerfile",
        "FROM a\nCMD python main.py --lowvram\n",
        "FROM a\nCMD python main.py --lowvram --preview-size 333\n",
    ),
    (
        "Dockerfile",
        "FROM a\nENTRYPOINT [\"python\",\"main.py\"]\nCMD [\"--lowvram\"]\n",
        "FROM a\nENTRYPOINT [\"python\",\"main.py\"]\nCMD [\"--lowvram\", \"--preview-size\", \"333\"]\n",
    ),
    (
        "compose.yaml",
        "services:\n  c:\n    image: a\n    command: python main.py --lowvram\n",
        "services:\n  c:\n    image: a\n    command: python main.py --lowvram --preview-size 333\n",
    ),
    (
        "compose.yaml",
        "services:\n  c:\n    image: a\n    command: [python, main.py, --lowvram]\n",
        "services:\n  c:\n    image: a\n    command: [python, main.py, --lowvram, --preview-size, \"333\"]\n",
    ),
    (
        "compose.yaml",
        "services:\n  c:\n    image: a\n    command:\n      - python\n      - main.py\n",
        "services:\n  c:\n    image: a\n    command:\n      - python\n      - main.py\n      - --preview-size\n      - \"333\"\n",
    ),
    (
        "a.service",
        "[Service]\nExecStart=/v/python /c/main.py \\\n  --lowvram\n",
        "[Service]\nExecStart=/v/python /c/main.py \\\n  --lowvram \\\n  --preview-size 333\n",
    ),
    (
        "a.py",
        "import subprocess\nsubprocess.run(['python', 'main.py'])\n",
        "import subprocess\nsubprocess.run(['python', 'main.py', '--preview-size', '333'])\n",
    ),
    (
        "a.py",
        "import subprocess\ncmd = [\n    \"python\", \"main.py\",\n    \"--port\", \"8188\",\n]\nsubprocess.run(cmd)\n",
        "import subprocess\ncmd = [\n    \"python\", \"main.py\",\n    \"--port\", \"8188\",\n    \"--preview-size\", \"333\",\n]\nsubprocess.run(cmd)\n",
    ),
    (
        "a.py",
        "import os\nos.system('python main.py --lowvram')\n",
        "import os\nos.system('python main.py --lowvram --preview-size 333')\n",
    ),
    (
        "a.ipynb",
        r#"{"cells": [{"cell_type": "code", "source": ["!python main.py --lowvram\n", "print(1)"]}]}"#,
        r#"{"cells": [{"cell_type": "code", "source": ["!python main.py --lowvram --preview-size 333\n", "print(1)"]}]}"#,
    ),
    ("a.sh", "comfy launch\n", "comfy launch -- --preview-size 333\n"),
];

#[test]
fn a_new_flag_is_written_as_those_around_it() {
    let mut unlike = Vec::new();
    for (name, text, wanted) in FORMS {
        let file = read(name, text).unwrap();
        let span = file.launches().first().expect(text).span;
        let acts = vec![Act::At(Verb::AddFlag, Location { file: 0, span }, "--preview-size 333".to_owned())];
        let fix = Fix { title: String::new(), grade: Grade::Safe, acts, starts: Vec::new(), instances: 1 };
        let mut changed = text.to_owned();
        match edits(&fix, std::slice::from_ref(&file)) {
            Ok(edits) => edits.iter().rev().for_each(|edit| changed.replace_range(edit.span.range(), &edit.text)),
            Err(why) => changed = why,
        }
        if changed != wanted {
            unlike.push(format!("{name} is\n{changed}\nand not\n{wanted}"));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n\n"));
}
