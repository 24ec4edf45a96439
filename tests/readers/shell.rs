//! POSIX shell and bash.

use super::support::{check, checked, places, show};
use wanlint::read::script::Step;
use wanlint::read::shell::read;

fn steps(text: &str) -> Vec<String> {
    show(&checked(text, read))
}

#[track_caller]
fn same(text: &str, expected: &[&str]) {
    assert_eq!(steps(text), expected, "{text}");
}

#[test]
fn assignments() {
    same("X=1", &["local X=1"]);
    same("export X=1 Y=\"a b\"", &["X=1", "Y=a b"]);
    same("X=1\nexport X\nX=2", &["local X=1", "X=1", "X=2"]);
    same("declare -x X=1; export -n Y=2", &["X=1", "local Y=2"]);
    same("export \"X=1\"", &["X=1"]);
    same("set -a\nX=1", &["set|-a", "X=1"]);
    same("X=", &["local X="]);
    same("X='a $b'\nY=$X\nX+=c\necho $X", &["local X=a $b", "local Y=a $b", "local X=a $bc", "echo|a|$bc"]);
    same("X=1 Y=2 python main.py", &["X=1 Y=2 python|main.py"]);
    same("env -u Z X=1 python main.py", &["Z=~ X=1 python|main.py"]);
    same("unset X", &["unset|X"]);
    let text = "export A=1 B='2'\n";
    let steps = read(text).steps;
    let spans = steps.iter().filter_map(|step| match step {
        Step::Assign(assign) => Some(text[assign.span.range()].to_owned()),
        Step::Command(_) => None,
    });
    assert_eq!(spans.collect::<Vec<_>>(), ["export A=1", "B='2'"]);
}

#[test]
fn words_and_their_places() {
    let text = "A=\"--a  --b 1\"\npython main.py $A \"x y\" pre'q'\"z\"";
    same(text, &["local A=--a  --b 1", "python|main.py|--a|--b|1|x y|preqz"]);
    assert_eq!(places(text, &read(text))[2..], ["python", "main.py", "--a", "--b", "1", "\"x y\"", "pre'q'\"z\""]);
    same("python main.py \\\n  --a \\\n  --b=c\nx", &["python|main.py|--a|--b=c", "x"]);
    same("python main.py --a\r\npause\r\n", &["python|main.py|--a", "pause"]);
    same("p \"\" '' \"$(date)\" `x y` $((1+2)) ~/a *.py $'a'", &["p|||~$(date)|~`x y`|~$((1+2))|~~/a|~*.py|~$'a'"]);
}

#[test]
fn line_ends_vanish() {
    let text = "python main.py --a\\\n--b\\\n  --c\\\n\\\n--d";
    same(text, &["python|main.py|--a--b|--c--d"]);
    assert_eq!(places(text, &read(text))[2..], ["--a\\\n--b", "--c\\\n\\\n--d"]);
    same("X=a\\\nb p \"c\\\nd\"e\\\n'f\\\ng'", &["X=ab p|cdef\\\ng"]);
    same("pyth\\\non main.py >lo\\\ng $X\\\n--a", &["python|main.py|~$X--a"]);
    same("A=(b\\\nc d)\nexport B=1\\\nC=2", &["local A=bc d", "B=1C=2"]);
    // The sign of a comment in a word is a letter.
    same("p a\\\n#b\nq", &["p|a#b", "q"]);
}

#[test]
fn line_ends_that_part_words() {
    same("p a \\\nb|\\\nq c;\\\nr", &["p|a|b", "q|c", "r"]);
    same("# a\\\np b # c\\\nq", &["p|b", "q"]);
    same("p a\\\\\nq", &["p|a\\", "q"]);
    same("cat <<'EOF' >f\na\\\nEOF\np b", &["cat", "p|b"]);
}

#[test]
fn parameters() {
    same("p $X \"${X}\" $1 \"$@\" $* ${X%y}", &["p|~$X|~${X}|~$1|~$@|~$*|~${X%y}"]);
    same("p ${X:-a b} \"${X:-a b}\" ${Y:=1} $Y", &["p|~a|~b|~a b|~1|~1"]);
    same("X=1\np \"${X:-2}\" ${X}y", &["local X=1", "p|1|1y"]);
    same("p \"${X:-${Y:-z}}\"", &["p|~z"]);
}

#[test]
fn arrays() {
    let text = "ARGS=(--a \"b c\")\nARGS+=(--d)\npython main.py \"${ARGS[@]}\"";
    same(text, &["local ARGS=--a b c", "local ARGS=--a b c --d", "python|main.py|--a|b c|--d"]);
    assert_eq!(places(text, &read(text))[6..], ["--a", "b c", "--d"]);
    same("A=()\np \"${A[@]}\" x", &["local A=", "p|x"]);
    same("p \"${A[@]}\" x", &["p|~${A[@]}|x"]);
    same("A=(x y)\nB=\"${A[@]}\"\np $B $A", &["local A=x y", "local B=x y", "p|x|y|x"]);
    same("A=(\n  --a 1 # one\n  --b\n)\np ${A[@]}", &["local A=--a 1 --b", "p|--a|1|--b"]);
}

#[test]
fn wrappers_redirections_and_lists() {
    same("exec python main.py --a\nnever", &["python|main.py|--a"]);
    same("nohup python main.py > log 2>&1 &\nx", &["python|main.py", "x"]);
    same("python main.py > log --listen", &["python|main.py|--listen"]);
    same("cd x && python main.py | tee log || y", &["cd|x", "python|main.py", "tee|log", "?y"]);
    same("[ -f x ] && source y; z", &["?source|y", "z"]);
    same("( cd x; python main.py )\nexit 1\ny", &["cd|x", "python|main.py", "exit|1"]);
    same("cat <<EOF\npython main.py\nEOF\nx", &["cat", "x"]);
}

#[test]
fn branches() {
    same("if a; then b; elif c; then d; else e; fi; f", &["a", "?b", "?c", "?d", "?e", "f"]);
    same("for i in 1 2; do a $i; done; while b; do c; done", &["?a|~$i", "b", "?c"]);
    same("f() { a; }\ncase $1 in x) b;; esac", &["?b", "?a"]);
    same("if a; then X=1; p $X; fi; p $X", &["a", "?local X=1", "?p|1", "p|~1"]);
    same("X=1; if a; then X=1; fi; p $X", &["local X=1", "a", "?local X=1", "p|1"]);
}

#[test]
fn hostile_texts_end() {
    let nested = "if a; then ".repeat(20_000);
    check(&nested, &read(&nested));
    for open in ["(", "{ ", "$(", "\"$(", "${a:-", "a && ", "case x in x) ", "f() { ", "'", "<<A ", "`", "((", "[[ "] {
        let text = open.repeat(20_000);
        check(&text, &read(&text));
    }
    let growing = "A=aaaa\n".to_owned() + &"A=$A$A\n".repeat(40) + &"echo $A\n".repeat(1000);
    check(&growing, &read(&growing));
    let appended = "A=(x)\n".to_owned() + &"A+=(--long-argument)\n".repeat(20_000) + "p \"${A[@]}\"";
    check(&appended, &read(&appended));
    let line = "python main.py ".to_owned() + &"--a \"$B\" ".repeat(100_000);
    check(&line, &read(&line));
    assert_eq!(read(&" ".repeat(3 << 20)).unread.len(), 1);
}

#[test]
fn functions() {
    same("run() { \"$@\"; }\nrun python main.py --a \"b c\"", &["python|main.py|--a|b c"]);
    same(
        "start() { python main.py --port $1 ${2:-x} $3; }\nstart 8188\nstart 1 y z",
        &["python|main.py|--port|8188|x", "python|main.py|--port|1|y|z"],
    );
    same("function go {\n  export X=$1\n  p \"$*\"\n}\ngo 1 2\np $X $1", &["X=1", "p|1 2", "p|1|~$1"]);
    same("f() { eval \"$1\"; }\nf \"python main.py --a\"", &["python|main.py|--a"]);
    same("f() { $1; }\nf \"python main.py --a\"", &["python|main.py|--a"]);
    same("f() { local X=2; p $X; }\nX=1\nf\np $X", &["local X=1", "local X=2", "p|2", "p|1"]);
    same("f() { shift; p \"$@\"; return; q; }\nf a b c\nr", &["shift", "p|b|c", "return", "r"]);
    same("f() { if a; then return 1; fi; p; }\nf", &["a", "?return|1", "p"]);
    same("if a; then f; fi\nf() { p; }", &["a", "?f", "?p"]);
    same("if a; then f() { p; }; else f() { q; }; fi\nf", &["a", "?q"]);
    same("f() { p; exit 1; }\nf\nnever", &["p", "exit|1"]);
    same("X=1 f a\nf() { p; }\nY=2 f", &["X=1 f|a", "Y=2 p"]);
    same("f() { p \"x $@ y\" \"$@\"; }\nf a b", &["p|x a|b y|a|b"]);
    same("set -- --a \"b c\"\nexec python main.py \"$@\"", &["set|--|--a|b c", "python|main.py|--a|b c"]);
    let text = "run() { nice \"$@\"; }\nrun python main.py --lowvram";
    assert_eq!(places(text, &read(text)), ["nice", "python", "main.py", "--lowvram"]);
    let endless = steps("f() { p; f; }\nf");
    assert!(endless.len() < 12, "{endless:?}");
}

#[test]
fn texts_that_are_run() {
    same("bash -c \"cd x && python main.py --a\"", &["cd|x", "python|main.py|--a"]);
    same("X=1 nohup bash -lc 'export Y=2; python main.py' &", &["local Y=2", "X=1 Y=2 python|main.py"]);
    same("CMD=\"python main.py --a\"\neval \"$CMD --b\"", &["local CMD=python main.py --a", "python|main.py|--a|--b"]);
    same("eval export X=1\np $X", &["X=1", "p|1"]);
    same("tmux new-session -d -s comfy \"python main.py --a\"", &["python|main.py|--a"]);
    same("tmux new -d -s c python main.py --a", &["python|main.py|--a"]);
    same("tmux send-keys -t c 'python main.py --a' C-m", &["python|main.py|--a"]);
    same("tmux kill-session -t c", &["tmux|kill-session|-t|c"]);
    same("screen -dmS comfy bash -c 'python main.py --a; exec bash'", &["python|main.py|--a", "bash"]);
    same(
        "su - comfy -c 'python main.py'\nsudo -u comfy sh -c \"python main.py --port $P\"",
        &["python|main.py", "python|main.py|--port|~$P"],
    );
    same(
        "bash run.sh -c x\neval \"$NO\"\nssh host 'python main.py'",
        &["bash|run.sh|-c|x", "eval|~$NO", "ssh|host|python main.py"],
    );
    let text = "bash -c \"python main.py --a\"";
    assert_eq!(places(text, &read(text)), ["python", "main.py", "--a"]);
}

/// The scripts that a text writes.
fn written(text: &str) -> Vec<Vec<String>> {
    let script = checked(text, read);
    script.written.iter().for_each(|inner| check(text, inner));
    script.written.iter().map(show).collect()
}

#[test]
fn scripts_that_are_written() {
    let quoted = "P=1\ncat > run.sh <<'EOF'\nexport X=1\npython main.py --port $P\nEOF\nchmod +x run.sh";
    assert_eq!(written(quoted), [["X=1", "python|main.py|--port|~$P"]]);
    same(quoted, &["local P=1", "cat", "chmod|+x|run.sh"]);
    assert_eq!(places(quoted, &read(quoted).written[0])[2..], ["python", "main.py", "--port", "$P"]);
    // Without quotes this script's variables are put in; a backslash keeps them for later.
    let open = "P=1\ncat <<EOF > run.sh\npython main.py --port $P \\$Q \"$NO\"\nEOF";
    assert_eq!(written(open), [["python|main.py|--port|1|~$Q|~$NO"]]);
    let indented = "cat <<-EOF >> /opt/run.sh && x\n\tpython main.py \\\n\t\t--a\n\tEOF";
    assert_eq!(written(indented), [["python|main.py|--a"]]);
    same(indented, &["cat", "x"]);
    let service =
        "sudo tee /etc/systemd/system/c.service > /dev/null <<EOF\n[Service]\nExecStart=/v/bin/python main.py --a\nEOF";
    assert_eq!(written(service), [["/v/bin/python|main.py|--a"]]);
    assert_eq!(written("cat <<'E' | sudo tee -a r.sh\nx\nE"), [["x"]]);
    assert_eq!(written("if a; then\ncat > r.bat <<E\nset X=1\nE\nfi"), [["?X=1"]]);
    assert_eq!(written("cat > /usr/bin/comfy <<'E'\n#!/bin/bash\np \"$@\"\nE"), [["p|~$@"]]);
    assert_eq!(written("cat > notes.txt <<E\nx\nE\ncat <<E\ny\nE"), [[""; 0]; 0]);
    // By echo and printf.
    assert_eq!(written("echo '#!/bin/sh' > r.sh\necho \"python main.py\" >> r.sh"), [["python|main.py"]]);
    assert_eq!(written("echo x > r.sh\necho y > r.sh"), [["y"]]);
    assert_eq!(written("printf '#!/bin/sh\\npython main.py\\n' > r.sh"), [["python|main.py"]]);
    assert_eq!(written("printf '%s\\n' 'a b' c | tee r.sh\nprintf '%d' 1 > s.sh"), [["a|b", "c"]]);
    assert_eq!(written("{\n echo a\n echo b\n} > r.sh"), [["a", "b"]]);
    assert_eq!(written("echo -e 'a\\tb' > r.sh\necho x 2> r.sh"), [[""; 0]; 0]);
    // The input of a shell is run, not written.
    same("bash <<E\nexport X=1\npython main.py\nE\np $X", &["local X=1", "X=1 python|main.py", "p|~$X"]);
}

#[test]
fn written_scripts_start_with_their_own_environment() {
    let text = "export A=1\npython main.py\ncat > run.sh <<'E'\nexport B=2\npython main.py --lowvram\nE\n";
    let launches = wanlint::facts::launch::launches(&read(text));
    let env = |at: usize| launches[at].env.iter().map(|var| var.name.text.as_str()).collect::<Vec<_>>();
    assert_eq!((launches.len(), env(0), env(1)), (2, vec!["A"], vec!["B"]));
    assert_eq!(&text[launches[1].flags[0].span.range()], "--lowvram");
}

#[test]
fn variables_of_a_subshell_end_with_it() {
    let text = "X=1\n( export X=2; p $X )\np $X\nq | export Y=1";
    same(text, &["local X=1", "local X=2", "X=2 p|2", "p|1", "q", "local Y=1"]);
    let shells = read(text).subshells;
    assert_eq!(
        shells.iter().map(|span| &text[span.range()]).collect::<Vec<_>>(),
        ["( export X=2; p $X )", "q | export Y=1"]
    );
}

#[test]
fn effort_stays_within_bounds() {
    let calls: String =
        (0..300).map(|at| format!("f{at}() {{ f{}; f{}; }}\n", at + 1, at + 1)).collect::<String>() + "f0";
    let recursive = "f() { f \"$@\" \"$@\"; f \"$@\"; }\nf a b c";
    let heredocs = "cat > r.sh <<'E'\ncat > s.sh <<'F'\nx\nF\nE\n".repeat(300);
    let inside: String = (0..40).map(|at| format!("cat > r{at}.sh <<'E{at}'\n")).collect::<String>()
        + &(0..40).rev().map(|at| format!("E{at}\n")).collect::<String>();
    let evals = "eval eval eval bash -c \"bash -c 'eval x'\"\n".repeat(200);
    let shells = "( export X=1; ".repeat(100) + &")".repeat(100);
    let pipes = "export A=1 | b\n".repeat(1_000);
    let appended = "echo \"python main.py\" >> r.sh\n".repeat(1_000);
    let long = format!("run() {{ \"$@\"; }}\nrun python main.py {}", "--a ".repeat(250_000));
    for text in [&calls, recursive, &heredocs, &inside, &evals, &shells, &pipes, &appended, &long] {
        let script = checked(text, read);
        script.written.iter().for_each(|inner| check(text, inner));
    }
}
