//! Flags and variables that are only on some paths of a script: in which company, and under which condition.

use wanlint::facts::launch::{Launch, on_paths};
use wanlint::read::read;
use wanlint::read::script::Dialect;

/// Every way of starting ComfyUI in a script: its conditions, its flags.
fn ways(dialect: Dialect, text: &str) -> Vec<(String, Vec<String>)> {
    let (launches, paths) = on_paths(text, &read(dialect, text));
    let way = |launch: &Launch| (paths.of(launch, &launches).unwrap_or_default(), words(launch));
    launches.iter().map(way).collect()
}

fn words(launch: &Launch) -> Vec<String> {
    let flag = |flag: &wanlint::facts::launch::Flag| {
        let values: Vec<&str> = flag.values.iter().map(|word| word.text.as_str()).collect();
        [&[flag.written.as_str()], values.as_slice()].concat().join(" ")
    };
    launch.flags.iter().map(flag).collect()
}

fn is(found: &[(String, Vec<String>)], wanted: &[(&str, &[&str])]) {
    let found: Vec<(&str, Vec<&str>)> =
        found.iter().map(|(when, flags)| (when.as_str(), flags.iter().map(String::as_str).collect())).collect();
    let wanted: Vec<(&str, Vec<&str>)> = wanted.iter().map(|(when, flags)| (*when, flags.to_vec())).collect();
    assert_eq!(found, wanted);
}

#[test]
fn both_sides_of_a_batch_if() {
    let text = "set A=--port 1\r\nif exist x (set A=%A% --lowvram) else set A=%A% --cpu\r\npython main.py %A%\r\n";
    is(
        &ways(Dialect::Batch, text),
        &[("unless exist x", &["--port 1", "--cpu"]), ("when exist x", &["--port 1", "--lowvram"])],
    );
}

#[test]
fn jumps_of_a_menu_lead_to_one_label_each() {
    let text = "if \"%1\"==\"low\" goto low\nif \"%1\"==\"high\" goto high\nset A=--novram\ngoto start\n\
        :low\nset A=--lowvram\nset CUDA_VISIBLE_DEVICES=1\ngoto start\n:high\nset A=--highvram\n:start\npython main.py %A%\n";
    is(
        &ways(Dialect::Batch, text),
        &[
            ("unless \"%1\"==\"low\" or \"%1\"==\"high\"", &["--novram"]),
            ("when \"%1\"==\"low\"", &["--lowvram"]),
            ("when \"%1\"==\"high\"", &["--highvram"]),
        ],
    );
    let (launches, _) = on_paths(text, &read(Dialect::Batch, text));
    let sets: Vec<bool> = launches.iter().map(|launch| launch.env("CUDA_VISIBLE_DEVICES").is_some()).collect();
    assert_eq!(sets, [false, true, false]);
}

#[test]
fn a_nested_condition_brings_its_outer_one_along() {
    let text = "if defined A (\n  if \"%2\"==\"y\" (\n    set F=--lowvram\n  )\n)\npython main.py %F%\n";
    let found = ways(Dialect::Batch, text);
    assert_eq!(found[1], ("when defined A and \"%2\"==\"y\"".to_owned(), vec!["--lowvram".to_owned()]));
}

#[test]
fn the_items_of_a_case_exclude_each_other() {
    let text = "A=()\ncase \"$1\" in\n  low) A+=(--lowvram) ;;\n  *) A+=(--novram) ;;\nesac\n\
        [ -n \"$FAST\" ] && A+=(--fast)\n[ -n \"$P\" ] || P=8188\npython main.py \"${A[@]}\" --port \"$P\"\n";
    let found = ways(Dialect::Shell, text);
    let both = ["--lowvram", "--fast", "--port 8188"].map(str::to_owned).to_vec();
    assert!(found.contains(&("when \"$1\" is low and [ -n \"$FAST\" ]".to_owned(), both)), "{found:?}");
    assert!(found.iter().all(|(_, flags)| !flags.contains(&"--lowvram".into()) || !flags.contains(&"--novram".into())));
}

#[test]
fn two_questions_about_one_variable_are_not_combined() {
    let text = "[ \"$M\" = a ] && A=--lowvram\n[ \"$M\" = b ] && B=--highvram\npython main.py $A $B\n";
    let flags: Vec<Vec<String>> = ways(Dialect::Shell, text).into_iter().map(|(_, flags)| flags).collect();
    assert_eq!(flags, [vec![], vec!["--lowvram".to_owned()], vec!["--highvram".to_owned()]]);
}

#[test]
fn the_same_question_twice_has_the_same_answer() {
    let text = "if x:\n    args.append('--lowvram')\nif x:\n    args.append('--fast')\nsubprocess.run(args)\n";
    let text = format!("import subprocess\nargs = ['python', 'main.py']\n{text}");
    is(&ways(Dialect::Python, &text), &[("unless x", &[]), ("when x", &["--lowvram", "--fast"])]);
}

#[test]
fn an_elif_takes_the_place_of_its_if() {
    let text = "import subprocess\nargs = ['python', 'main.py']\nif opt.low:\n    args += ['--lowvram']\n\
        elif opt.high:\n    args += ['--highvram']\nelse:\n    args += ['--novram']\nsubprocess.run(args)\n";
    is(
        &ways(Dialect::Python, text),
        &[
            ("unless opt.low or opt.high", &["--novram"]),
            ("when opt.low", &["--lowvram"]),
            ("when opt.high", &["--highvram"]),
        ],
    );
}

#[test]
fn blocks_of_powershell() {
    let text = "$a = @('main.py')\nif ($Low) { $a += '--lowvram' } elseif ($High) { $a += '--highvram' } else { $a += '--cpu' }\n\
        switch ($Mode) { 'fast' { $a += '--fast' } default { } }\npython @a\n";
    let found = ways(Dialect::PowerShell, text);
    let (low, high) = (["--lowvram", "--fast"].map(str::to_owned), ["--highvram"].map(str::to_owned));
    assert!(found.contains(&("when $Low and $Mode is 'fast'".to_owned(), low.to_vec())), "{found:?}");
    assert!(found.contains(&("when $High".to_owned(), high.to_vec())), "{found:?}");
}

#[test]
fn a_way_out_is_not_a_path() {
    for (dialect, text) in [
        (Dialect::Batch, "if not exist venv (\n  echo no\n  exit /b 1\n)\npython main.py --lowvram %*\n"),
        (Dialect::Shell, "if [ ! -d venv ]; then\n  exit 1\nfi\npython main.py --lowvram \"$@\"\n"),
    ] {
        is(&ways(dialect, text), &[("", &["--lowvram"])]);
    }
}

#[test]
fn a_start_in_one_branch_only() {
    let text = "if [ \"$1\" = low ]; then\n  python main.py --lowvram\nelse\n  python main.py\nfi\n";
    is(&ways(Dialect::Shell, text), &[("when [ \"$1\" = low ]", &["--lowvram"]), ("unless [ \"$1\" = low ]", &[])]);
}

#[test]
fn many_conditions_end_soon() {
    let conditions: String = (0..200).map(|index| format!("[ -n \"$V{index}\" ] && A+=(--x{index})\n")).collect();
    let text = format!("A=()\n{conditions}python main.py \"${{A[@]}}\" --lowvram\n");
    assert_eq!(ways(Dialect::Shell, &text).len(), 1);
    let conditions: String = (0..30).map(|index| format!("if \"%V{index}%\"==\"1\" set A=%A% --x{index}\n")).collect();
    let text = format!("{conditions}python main.py %A% --lowvram\n");
    assert!(ways(Dialect::Batch, &text).len() <= 64);
}
