//! Dockerfiles.

use super::support::{check, checked, places, show};
use wanlint::read::dockerfile::read;
use wanlint::read::script::Script;

fn script(text: &str) -> Script {
    checked(text, read)
}

#[track_caller]
fn same(text: &str, expected: &[&str]) {
    assert_eq!(show(&script(&format!("FROM x\n{text}"))), expected, "{text}");
}

#[test]
fn variables() {
    same("ENV A=1 B=\"x y\" C=a\\ b", &["A=1", "B=x y", "C=a b"]);
    same("ENV A value with  blanks", &["A=value with  blanks"]);
    same(
        "ENV A=1\nENV A=2 B=$A ${A}=x C=${A:-d}\nENV D=${X:-d} E=$X F='$A'",
        &["A=1", "A=2", "B=1", "1=x", "C=1", "D=~d", "E=~$X", "F=$A"],
    );
    same("ARG V=1\nENV A=$V\nARG W", &["local V=~1", "A=~1"]);
    same("ENV A=1 \\\n  # why\n\n  B=2\nenv c=3", &["A=1", "B=2", "c=3"]);
}

#[test]
fn starts() {
    same("CMD [\"python\", \"main.py\",\"--listen\"]", &["python|main.py|--listen"]);
    same("CMD a\nCMD python main.py --port 1 \\\n  --listen", &["python|main.py|--port|1|--listen"]);
    same("ENTRYPOINT [\"python\", \"main.py\"]\nCMD [\"--listen\"]", &["python|main.py|--listen"]);
    same("ENTRYPOINT [\"tini\", \"--\"]\nCMD python main.py", &["python|main.py"]);
    same("ENTRYPOINT python main.py\nCMD [\"--listen\"]", &["python|main.py"]);
    same("CMD [\"bash\", \"-lc\", \"X=1 python main.py --port \\\"1\\\"\"]", &["X=1 python|main.py|--port|1"]);
    same(
        "ENV A=\"--x y\" B='it'\nCMD exec python main.py $A ${B} $C",
        &["A=--x y", "B=it", "python|main.py|--x|y|it|~$C"],
    );
    same("SHELL [\"powershell\"]\nCMD python main.py", &[]);
    same("CMD ['python']\nHEALTHCHECK CMD curl x", &[]);
}

#[test]
fn places_are_those_of_the_elements() {
    let text = "FROM x\nENV é=\"--a b\"\nENV A=--c\nENTRYPOINT [\"python\", \"main.py\"]\nCMD [\"--é\"]\n";
    assert_eq!(places(text, &script(text)), ["é", "--a b", "A", "--c", "python", "main.py", "--é"]);
    let text = "FROM x\nENV A=--c\nCMD python  main.py $A \\\n --d";
    assert_eq!(places(text, &script(text)), ["A", "--c", "python", "main.py", "--c", "--d"]);
}

#[test]
fn stages() {
    let text = "ARG V=3\nFROM img:$V AS base\nENV A=1\nARG B=2\nCMD a\nFROM y\nENV Z=1\nFROM base\nENV C=$A$B\nENTRYPOINT [\"e\"]";
    let script = script(text);
    assert_eq!(show(&script), ["A=1", "C=~1$B", "e"]);
    assert_eq!(
        script.containers[0].image.as_ref().map(|word| (word.text.as_str(), word.known)),
        Some(("img:3", false))
    );
}

#[test]
fn runs_are_kept_apart() {
    let text = "FROM x\nRUN --mount=type=cache,target=/x export A=1 && pip install y \\\n && python main.py --quick-test-for-ci\nRUN <<EOF\nCMD no\nEOF\nUSER me\nEXPOSE 8188/tcp 80\nWORKDIR /app\n";
    let script = script(text);
    assert!(script.steps.is_empty());
    let container = &script.containers[0];
    let building = Script { steps: container.building.clone(), ..script.clone() };
    assert_eq!(show(&building), ["A=1", "pip|install|y", "python|main.py|--quick-test-for-ci"]);
    assert_eq!(container.user.as_ref().unwrap().text, "me");
    assert_eq!(container.folder.as_ref().unwrap().text, "/app");
    assert_eq!(container.ports.iter().map(|port| port.text.as_str()).collect::<Vec<_>>(), ["8188/tcp", "80"]);
}

#[test]
fn another_escape() {
    let text = "# escape=`\nFROM x\nENV A=C:\\x `\n  B=1\n";
    assert_eq!(show(&script(text)), ["A=C:\\x", "B=1"]);
}

#[test]
fn hostile_texts_end() {
    for text in
        ["FROM a AS a\nENV A=$A$A$A$A\nENV A=x$A$A\n".repeat(3000), "${A:-".repeat(50_000), "RUN <<E\n".repeat(9000)]
    {
        let text = format!("FROM x\nENV A {text}");
        check(&text, &read(&text));
    }
    let text = format!("FROM x AS x\nENV A={}\n", "y".repeat(60_000)) + &"FROM x AS x\nENV B=$A\nCMD $A\n".repeat(500);
    check(&text, &read(&text));
}
