//! Windows batch.

use super::support::{check, checked, places, show};
use wanlint::read::batch::read;
use wanlint::read::script::Step;

fn steps(text: &str) -> Vec<String> {
    show(&checked(text, read))
}

#[track_caller]
fn same(text: &str, expected: &[&str]) {
    assert_eq!(steps(text), expected, "{text}");
}

#[test]
fn the_stock_launcher() {
    let text = ".\\python_embeded\\python.exe -s ComfyUI\\main.py --windows-standalone-build\r\npause\r\n";
    same(text, &[".\\python_embeded\\python.exe|-s|ComfyUI\\main.py|--windows-standalone-build", "pause"]);
    assert_eq!(places(text, &read(text))[2], "ComfyUI\\main.py");
}

#[test]
fn forms_of_set() {
    same("set X=1", &["X=1"]);
    same("@SET \"X=1\" ignored", &["X=1"]);
    same("set X = 1", &["X = 1"]);
    same("set X=1 & next", &["X=1 ", "next"]);
    same("set X=\"a b\"\r\n", &["X=\"a b\""]);
    same("set X=a^&b", &["X=a&b"]);
    same("set \"X=a&b\"", &["X=a&b"]);
    same("set /a X=4", &["X=4"]);
    same("set /a X+=1+2", &["X=~1+2"]);
    same("set /p X=name? ", &["X=~name? "]);
    same("set X=", &["X="]);
    same("set", &["set"]);
    same("set PATH=C:\\a;%PATH%", &["PATH=~C:\\a;%PATH%"]);
    let text = "  set \"X=1\" tail";
    let Step::Assign(assign) = &read(text).steps[0] else { panic!("no assignment") };
    assert_eq!((&text[assign.span.range()], assign.quoted), ("set \"X=1\"", true));
}

#[test]
fn variables_expand_with_their_origin() {
    let text = "set ARGS=--lowvram --port 8188\nset ALL=%args% --listen\npython main.py %ALL%";
    let script = read(text);
    check(text, &script);
    assert_eq!(show(&script)[2], "python|main.py|--lowvram|--port|8188|--listen");
    let places = places(text, &script);
    assert_eq!(places[4..], ["python", "main.py", "--lowvram", "--port", "8188", "--listen"]);
    let Step::Command(command) = &script.steps[2] else { panic!("no command") };
    assert_eq!(command.words[2].span.start, 9);
    assert_eq!(&text[command.span.range()], "python main.py %ALL%");
    same("set D=C:\\x\n%D%\\python.exe", &["D=C:\\x", "C:\\x\\python.exe"]);
    same("set A=1& echo %A%\necho %A%", &["A=1", "echo|~%A%", "echo|1"]);
}

#[test]
fn what_cannot_be_known_stays_as_written() {
    same("python main.py %*", &["python|main.py|~%*"]);
    same("cd /d %~dp0\n%~dp0py.exe \"%~1\"", &["cd|/d|~%~dp0", "~%~dp0py.exe|~%~1"]);
    same("a %NO% %ProgramFiles(x86)%\\b", &["a|~%NO%|~%ProgramFiles(x86)%\\b"]);
    same("echo 100%% 5%", &["echo|100%|5"]);
    same("set X=1\necho %X:~0,1%", &["X=1", "echo|~%X:~0,1%"]);
    same("setlocal EnableDelayedExpansion\necho !X! a!", &["setlocal|EnableDelayedExpansion", "echo|~!X!|a!"]);
    same("for %%i in (1 2) do echo %%i%%~nxi", &["?echo|~%%i%%~nxi"]);
}

#[test]
fn carets_and_continuation() {
    same("python main.py ^\r\n  --listen ^\r\n  --port 1\r\nx", &["python|main.py|--listen|--port|1", "x"]);
    same("python main.py ^ \n --listen", &["python|main.py", "--listen"]);
    same("python a^\nb", &["python|ab"]);
    same("echo \"a^b\" ^\" & echo c", &["echo|a^b| ", "echo|c"]);
    same("echo a ^& b", &["echo|a|&|b"]);
    let text = "x\npython main.py ^\n  --a";
    let Step::Command(command) = &read(text).steps[1] else { panic!("no command") };
    assert_eq!(&text[command.span.range()], "python main.py ^\n  --a");
}

#[test]
fn operators_and_redirections() {
    same("cd X && python main.py --a>log.txt 2>&1 || pause", &["cd|X", "python|main.py|--a", "?pause"]);
    same("echo y | python main.py <in 2>nul --b", &["echo|y", "python|main.py|--b"]);
    same("python main.py --port 8188> log", &["python|main.py|--port|8188"]);
}

#[test]
fn comments_and_labels() {
    same("REM set X=1 ^\n:: python\n@rem\nx & rem y & z", &["x"]);
}

#[test]
fn blocks_and_conditions() {
    same("if exist a.txt (\n  a\n) else (\n  b\n)\nc", &["?a", "?b", "c"]);
    same("if not \"%X%\"==\"a b\" b & c\nd", &["?b", "?c", "d"]);
    same("if /i %X% EQU 1 (a) else if defined Y (b) else c\nd", &["?a", "?b", "?c", "d"]);
    same("(\n a\n b)\nc", &["a", "b", "c"]);
    same("for /f \"tokens=1 delims=,\" %%a in ('dir /b') do (\n  a\n)\nb", &["?a", "b"]);
    same("set A=1\n(\nset A=2\necho %A%\n)\necho %A%", &["A=1", "A=2", "echo|1", "echo|2"]);
    same("set A=1\nif x==x set A=2\necho %A%", &["A=1", "?A=2", "echo|~2"]);
    same("set A=1\nif x==x set A=1\necho %A%", &["A=1", "?A=1", "echo|1"]);
    assert_eq!(read("if a==b (\nx").unread.len(), 1);
}

#[test]
fn wrappers_come_off() {
    same("call python main.py", &["python|main.py"]);
    same("start \"my title\" /d C:\\x /b /wait python main.py", &["python|main.py"]);
    same("start python main.py", &["python|main.py"]);
    same("cmd /c \"cd X && python main.py --a\"", &["cd|X", "python|main.py|--a"]);
    same("start \"t\" cmd /k python main.py", &["python|main.py"]);
}

#[test]
fn arguments_as_programs_see_them() {
    same("p \"a b\"c \"\" \"q\\\" r\" x\\\\", &["p|a bc||q\" r|x\\\\"]);
    same("\"C:\\a b\\python.exe\" main.py", &["C:\\a b\\python.exe|main.py"]);
}

#[test]
fn jumps_decide_certainty() {
    let text =
        "set A=1\nif x==y goto amd\npython main.py --a\ngoto end\necho never\n:amd\npython main.py --b\n:end\nlast";
    same(text, &["A=1", "?python|main.py|--a", "?python|main.py|--b", "last"]);
    same("goto main\n:sub\na\nexit /b\n:main\nb\ncall :sub", &["?a", "?exit|/b", "b", ":sub"]);
    same("call :go\nexit /b\n:go\nb", &[":go", "exit|/b", "b"]);
    same("a\ngoto:eof\nb", &["a"]);
    same("if not exist x exit /b 1\na", &["?exit|/b|1", "a"]);
    same(":again\na\nif errorlevel 1 goto again\nb", &["a", "b"]);
    same("goto %X%\n:one\na\n:two\nb", &["?a", "?b"]);
    same("if a==b goto l\nset X=1\necho %X%\n:l\necho %X%", &["?X=1", "?echo|1", "echo|~1"]);
}

#[test]
fn expansion_is_limited() {
    let mut text = String::from("set A=aaaaaaaaaa\n");
    (0..40).for_each(|_| text.push_str("set A=%A%%A%\n"));
    text.push_str("echo %A%\n");
    assert!(steps(&text).iter().all(|step| step.len() < 200_000));
    let deep = "if a==b (".repeat(100_000) + "x";
    assert_eq!(read(&deep).steps.len(), 1);
    let long = "python main.py ".to_owned() + &"%A% ^ \"x y\" ".repeat(80_000);
    assert_eq!(read(&long).steps.len(), 1);
}

#[test]
fn delayed_expansion() {
    let on = "setlocal enabledelayedexpansion\n";
    let of = |text: &str| steps(&format!("{on}{text}")).split_off(1);
    assert_eq!(of("set X=--a b\npython main.py !X! !Y!"), ["X=--a b", "python|main.py|--a|b|~!Y!"]);
    assert_eq!(of("set X=1\nif a==b (\n set X=2\n p !X!\n)"), ["X=1", "?X=2", "?p|~!X!"]);
    assert_eq!(of("set X=1\nfor %%i in (1 2) do p !X!"), ["X=1", "?p|~!X!"]);
}
