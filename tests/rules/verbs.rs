//! Verbs at single places of scripts: what they make of them, and what they leave alone.

use wanlint::finding::Location;
use wanlint::fix::{Act, Fix, Grade, Verb, edits};
use wanlint::span::Span;

use super::read;

/// The text after a verb was done at the place of some words, or why it was not.
fn done((verb, with): (Verb, &str), name: &str, text: &str, place: &str, starts: &[usize]) -> Result<String, String> {
    let file = read(name, text).unwrap();
    let at = text.find(place).expect(text) as u32;
    let span = Span::new(at, at + place.len() as u32);
    let acts = vec![Act::At(verb, Location { file: 0, span }, with.to_owned())];
    let fix = Fix { title: String::new(), grade: Grade::Safe, acts, starts: starts.to_vec(), instances: 1 };
    let mut changed = text.to_owned();
    edits(&fix, std::slice::from_ref(&file))?
        .iter()
        .rev()
        .for_each(|edit| changed.replace_range(edit.span.range(), &edit.text));
    Ok(changed)
}

#[test]
fn a_variable_moves_in_front_of_its_start() {
    let moved = |name, text, place| done((Verb::MoveVariable, ""), name, text, place, &[]);
    let text = "@echo off\r\npython main.py\r\npause\r\nset \"HF_HOME=D:\\hf\"";
    let wanted = "@echo off\r\nset \"HF_HOME=D:\\hf\"\r\npython main.py\r\npause";
    assert_eq!(moved("a.bat", text, "set \"HF_HOME=D:\\hf\"").unwrap(), wanted);
    let text = "cd c\n  python main.py \\\n    --lowvram\n  export HF_HOME=/hf\n";
    let wanted = "cd c\n  export HF_HOME=/hf\n  python main.py \\\n    --lowvram\n";
    assert_eq!(moved("a.sh", text, "export HF_HOME=/hf").unwrap(), wanted);
    // The comment is about the line below it.
    let text = "cd c\n# wanlint: allow SEC001 - at home\npython main.py --listen\nexport HF_HOME=/hf\n";
    let wanted = "cd c\nexport HF_HOME=/hf\n# wanlint: allow SEC001 - at home\npython main.py --listen\n";
    assert_eq!(moved("a.sh", text, "export HF_HOME=/hf").unwrap(), wanted);
    // What it is made of comes later too.
    let text = "python main.py\nroot=/data\nexport HF_HOME=$root/hf\n";
    assert!(moved("a.sh", text, "export HF_HOME=$root/hf").is_err());
    // The line holds more than the assignment.
    assert!(moved("a.sh", "python main.py\nexport HF_HOME=/hf; date\n", "export HF_HOME=/hf").is_err());
    // The second start has it already.
    let text = "python main.py &\nexport HF_HOME=/hf\npython main.py --port 8189\n";
    let wanted = "export HF_HOME=/hf\npython main.py &\npython main.py --port 8189\n";
    assert_eq!(moved("a.sh", text, "export HF_HOME=/hf").unwrap(), wanted);
}

#[test]
fn a_variable_is_added_for_one_start() {
    let added = |name, text, place, starts: &[usize]| done((Verb::AddVariable, "A=b"), name, text, place, starts);
    let text = "[Service]\nExecStart=/v/python /c/main.py\n";
    let wanted = "[Service]\nEnvironment=A=b\nExecStart=/v/python /c/main.py\n";
    assert_eq!(added("a.service", text, "ExecStart=/v/python /c/main.py", &[0]).unwrap(), wanted);
    let wanted = "cd c\r\n  $env:A = \"b\"\r\n  python main.py\r\n";
    assert_eq!(added("a.ps1", "cd c\r\n  python main.py\r\n", "python main.py", &[]).unwrap(), wanted);
    // The second start would get it as well.
    let text = "python main.py --port 8188\npython main.py --port 8189\n";
    assert!(added("a.sh", text, "python main.py --port 8188", &[0]).is_err());
    let wanted = "python main.py --port 8188\nexport A=b\npython main.py --port 8189\n";
    assert_eq!(added("a.sh", text, "python main.py --port 8189", &[1]).unwrap(), wanted);
}

#[test]
fn flags_reach_their_start_again() {
    let text = "python main.py ^\r\n  --port 8188\r\n  --lowvram ^\r\n  --fp16-vae\r\npause\r\n";
    let wanted = "python main.py ^\r\n  --port 8188 ^\r\n  --lowvram ^\r\n  --fp16-vae\r\npause\r\n";
    let lost = "--lowvram ^\r\n  --fp16-vae";
    assert_eq!(done((Verb::ContinueLine, ""), "a.bat", text, lost, &[]).unwrap(), wanted);
    // What stands there is another program.
    let text = "python main.py\npip list --verbose\n";
    assert!(done((Verb::ContinueLine, ""), "a.sh", text, "pip list --verbose", &[]).is_err());
    assert!(done((Verb::JoinLine, ""), "a.sh", text, "pip list --verbose", &[]).is_err());
    // More than flags stands on the line.
    let text = "python main.py\n\n--lowvram; date\n";
    assert!(done((Verb::JoinLine, ""), "a.sh", text, "--lowvram", &[]).is_err());
    // The words are not glued.
    let text = "python main.py --lowvram \\\n--port 1\n";
    assert!(done((Verb::PartWords, ""), "a.sh", text, "--lowvram \\\n--port", &[]).is_err());
}

#[test]
fn words_become_one_in_quotes() {
    let quoted = |name, text, place| done((Verb::Quote, ""), name, text, place, &[]);
    let text = "python main.py --output-directory D:\\My Own Clips --lowvram\r\n";
    let wanted = "python main.py --output-directory \"D:\\My Own Clips\" --lowvram\r\n";
    assert_eq!(quoted("a.bat", text, "D:\\My Own Clips").unwrap(), wanted);
    // The last backslash would be one with the quote.
    assert!(quoted("a.bat", "python main.py --output-directory D:\\My Clips\\\r\n", "D:\\My Clips\\").is_err());
    // Half a word.
    assert!(quoted("a.bat", text, "D:\\My Own Cl").is_err());
}

#[test]
fn assignments_are_rewritten_where_they_are_plain() {
    let rewritten = |name, text, place| done((Verb::RewriteVariable, ""), name, text, place, &[]);
    let text = "$HF_HOME = 'D:\\hf'\npython main.py\n";
    let wanted = "$env:HF_HOME = 'D:\\hf'\npython main.py\n";
    assert_eq!(rewritten("a.ps1", text, "$HF_HOME = 'D:\\hf'").unwrap(), wanted);
    let text = "$HF_HOME = 'D:\\hf'\nmkdir $hf_home\npython main.py\n";
    assert!(rewritten("a.ps1", text, "$HF_HOME = 'D:\\hf'").is_err());
    assert!(rewritten("a.env", "A='b # c' # d\n", "A='b # c' # d").is_err());
    assert_eq!(rewritten("a.env", "export A='b c' # d\r\n", "export A='b c' # d").unwrap(), "A=b c\r\n");
    // A variable of another stage is none of the server's.
    let text = "FROM a AS b\nRUN export A=1\nFROM c\nCMD [\"python\", \"main.py\"]\n";
    assert!(rewritten("Dockerfile", text, "export A=1").is_err());
    let text = "A = 1 2\npython main.py\n";
    assert!(rewritten("a.sh", text, "A = 1 2").is_err());
    // Nothing is exported in a subshell for what comes behind it.
    let text = "( A = 1 )\npython main.py\n";
    assert!(rewritten("a.sh", text, "A = 1").is_err());
}

#[test]
fn what_other_starts_use_stays() {
    let text = "set ARGS=--lowvram --port 8188\npython main.py %ARGS%\npython main.py %ARGS% --novram\n";
    let removed = |starts: &[usize]| done((Verb::RemoveFlag, ""), "a.bat", text, "--lowvram", starts);
    assert!(removed(&[1]).is_err() && removed(&[0]).is_err() && removed(&[]).is_err());
    let wanted = "set ARGS=--port 8188\npython main.py %ARGS%\npython main.py %ARGS% --novram\n";
    assert_eq!(removed(&[0, 1]).unwrap(), wanted);
    let text = "export A=1\npython main.py\npython main.py --port 8189\n";
    let removed = |starts: &[usize]| done((Verb::RemoveVariable, ""), "a.sh", text, "export A=1", starts);
    assert!(removed(&[0]).is_err());
    assert_eq!(removed(&[0, 1]).unwrap(), "python main.py\npython main.py --port 8189\n");
    assert_eq!(removed(&[]).unwrap(), "python main.py\npython main.py --port 8189\n");
    // One list for two starts: a flag for one of them has no place in it.
    let text = "import subprocess\na = ['python', 'main.py']\nsubprocess.run(a)\nsubprocess.call(a)\n";
    let added = done((Verb::AddFlag, "--lowvram"), "a.py", text, "subprocess.run(a)", &[]);
    assert!(added.is_err(), "{added:?}");
}
