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
    same("env -u Z X=1 python main.py", &["X=1 python|main.py"]);
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
    same("f() { a; }\ncase $1 in x) b;; esac", &["?a", "?b"]);
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
