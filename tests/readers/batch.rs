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
    same("set X=1\necho %X:~0,1%", &["X=1", "echo|1"]);
    same("setlocal EnableDelayedExpansion\necho !X! a!", &["setlocal|EnableDelayedExpansion", "echo|~!X!|a!"]);
    same("for %%i in (1) do echo %%i %%~nxi", &["echo|1|~%%~nxi"]);
    same("for /f %%i in ('x') do echo %%i%%~nxi", &["?echo|~%%i%%~nxi"]);
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
    same("set A=1\nif %1==x set A=2\necho %A%", &["A=1", "?A=2", "echo|~2"]);
    same("set A=1\nif %1==x set A=1\necho %A%", &["A=1", "?A=1", "echo|1"]);
    assert_eq!(read("if a==b (\nx").unread.len(), 1);
}

#[test]
fn wrappers_come_off() {
    same("call python main.py", &["python|main.py"]);
    same("start \"my title\" /d C:\\x /b /wait python main.py", &["python|main.py"]);
    same("start python main.py", &["python|main.py"]);
    same("cmd /c \"cd X && python main.py --a\"", &["cd|X", "python|main.py|--a"]);
    same("start \"t\" cmd /k python main.py", &["python|main.py"]);
    same(
        "cmd /c \"python main.py --enable-cors-header > \"a b\\c.log\" 2>&1 --x & y\"",
        &["python|main.py|--enable-cors-header|--x", "y"],
    );
}

#[test]
fn arguments_as_programs_see_them() {
    same("p \"a b\"c \"\" \"q\\\" r\" x\\\\", &["p|a bc||q\" r|x\\\\"]);
    same("\"C:\\a b\\python.exe\" main.py", &["C:\\a b\\python.exe|main.py"]);
}

#[test]
fn jumps_decide_certainty() {
    let text =
        "set A=1\nif %1==y goto amd\npython main.py --a\ngoto end\necho never\n:amd\npython main.py --b\n:end\nlast";
    same(text, &["A=1", "?python|main.py|--a", "?python|main.py|--b", "last"]);
    same("goto main\n:sub\na\nexit /b\n:main\nb\ncall :sub", &["b", ":sub", "a", "exit|/b"]);
    same("call :go\nexit /b\n:go\nb", &[":go", "b", "exit|/b"]);
    same("a\ngoto:eof\nb", &["a"]);
    same("if not exist x exit /b 1\na", &["?exit|/b|1", "a"]);
    same(":again\na\nif errorlevel 1 goto again\nb", &["a", "b"]);
    same("goto %X%\n:one\na\n:two\nb", &["?a", "?b"]);
    same("if %1==b goto l\nset X=1\necho %X%\n:l\necho %X%", &["?X=1", "?echo|1", "echo|~1"]);
}

#[test]
fn expansion_is_limited() {
    let mut text = String::from("set A=aaaaaaaaaa\n");
    (0..40).for_each(|_| text.push_str("set A=%A%%A%\n"));
    text.push_str("echo %A%\n");
    assert!(steps(&text).iter().all(|step| step.len() < 200_000));
    let deep = "if %1==b (".repeat(100_000) + "x";
    assert_eq!(read(&deep).steps.len(), 1);
    let long = "python main.py ".to_owned() + &"%A% ^ \"x y\" ".repeat(80_000);
    assert_eq!(read(&long).steps.len(), 1);
}

#[test]
fn delayed_expansion() {
    let on = "setlocal enabledelayedexpansion\n";
    let of = |text: &str| steps(&format!("{on}{text}")).split_off(1);
    assert_eq!(of("set X=--a b\npython main.py !X! !Y!"), ["X=--a b", "python|main.py|--a|b|~!Y!"]);
    assert_eq!(of("set X=1\nif %1==b (\n set X=2\n p !X!\n)\np !X! %X%"), ["X=1", "?X=2", "?p|2", "p|~2|~2"]);
    assert_eq!(of("set X=1\nfor %%i in (1 2) do p !X!"), ["X=1", "p|1", "p|1"]);
    assert_eq!(of("set X=1\nfor %%i in (*) do p !X!"), ["X=1", "?p|~!X!"]);
    assert_eq!(of("set X=a b\nset Y=!X:b=c!\np !Y:~0,1! !NO:b=c!"), ["X=a b", "Y=a c", "p|a|~!NO:b=c!"]);
    assert_eq!(of("set X=\nfor %%i in (a b) do set X=!X! --%%i\np %X%"), ["X=", "X= --a", "X= --a --b", "p|--a|--b"]);
}

#[test]
fn values_that_cmd_changes_while_expanding() {
    let of = |text: &str| steps(&format!("set X=Abc-abc\necho {text}")).pop().unwrap();
    assert_eq!(of("%X:~1% %X:~-3% %X:~0,3% %X:~1,-4% %X:~-3,1%"), "echo|bc-abc|abc|Abc|bc|a");
    assert_eq!(of("%X:abc=z% %X:-= % %X:*-=% %X:q=1%"), "echo|z-z|Abc|abc|abc|Abc-abc");
    assert_eq!(of("%X:~9%. %X:~0,99%"), "echo|.|Abc-abc");
    // Octal to cmd, no number, and a variable that the script has not set.
    assert_eq!(of("%X:~01% %X:~x% %Y:~1%"), "echo|~%X:~01%|~%X:~x%|~%Y:~1%");
    same("set X=%Y%a\necho %X:a=b%", &["X=~%Y%a", "echo|~%X:a=b%"]);
    let text = "set A=--x --y\npython main.py %A:--x =%";
    assert_eq!(places(text, &checked(text, read))[4..], ["--y"]);
}

#[test]
fn arithmetic() {
    let of = |text: &str| steps(&format!("set N=6\nset /a {text}")).split_off(1);
    assert_eq!(of("X=N*2+1"), ["X=13"]);
    assert_eq!(of("\"X=(1+2)*-3, Y=X%%2, N+=X\""), ["X=-9", "Y=-1", "N=-3"]);
    assert_eq!(of("X=0x10+010, Y=7/2, Z=-7/2"), ["X=24", "Y=3", "Z=-3"]);
    assert_eq!(of("\"X=1<<4|1, Y=~0, Z=!5, W=6^3&2\""), ["X=17", "Y=-1", "Z=0", "W=4"]);
    assert_eq!(of("X=2147483647+1"), ["X=-2147483648"]);
    assert_eq!(of("X=Y=3"), ["Y=3", "X=3"]);
    // Nothing is invented: other variables, errors of cmd, text.
    assert_eq!(of("X=PORT+1"), ["X=~PORT+1"]);
    assert_eq!(of("X=1/0, Y=08, Z=2147483648"), ["X=~1/0", "Y=~08", "Z=~2147483648"]);
    assert_eq!(of("X=%1+1"), ["X=~%1+1"]);
    same("set N=x\nset /a N+=1\necho %N%", &["N=x", "N=~1", "echo|~%N%"]);
    same("set P=8188\nset /a P+=1\npython main.py --port %P%", &["P=8188", "P=8189", "python|main.py|--port|8189"]);
}

#[test]
fn conditions_that_are_known() {
    same("set G=amd\nif \"%G%\"==\"amd\" (a) else (b)\nc", &["G=amd", "a", "c"]);
    same("set G=AMD\nif %G%==amd a\nif /i %G%==amd b\nif not %G%==amd c", &["G=AMD", "b", "c"]);
    same("if 0x10 equ 16 a\nif 10 gtr 9 b\nif 5 lss 4 c\nif a neq b d", &["a", "b", "d"]);
    same("set X=1\nif defined X a\nif not defined X b\nset X=\nif defined X c", &["X=1", "a", "X="]);
    // Set outside, perhaps; a file; an argument; order of letters.
    same("if defined Y a\nif exist b c\nif \"%~1\"==\"\" d\nif a lss b e", &["?a", "?c", "?d", "?e"]);
    same("set X=1\nif %1==a set X=2\nif %X%==1 b", &["X=1", "?X=2", "?b"]);
    same("set X=1\nif %X%==1 if %X%==2 (a) else (b)", &["X=1", "b"]);
    same("set X=1\nif %X%==1 goto end\na\n:end\nb", &["X=1", "b"]);
}

#[test]
fn a_loop_changes_what_it_sets() {
    same(":again\nset N=1\np %N%\ngoto again", &["N=1", "p|1"]);
    same("set N=0\n:again\nset /a N+=1\nif %N% lss 3 goto again\np %N%", &["N=0", "N=~1", "p|~%N%"]);
    same("set A=x\n:again\np %A%\nset A=y\ngoto again", &["A=x", "p|~%A%", "A=y"]);
    same("set A=x\n:again\np %A%\ncall :s\ngoto again\n:s\nset A=y", &["A=x", "p|~%A%", ":s", "A=y"]);
}

#[test]
fn scopes_give_variables_back() {
    same(
        "set A=1\nsetlocal\nset A=2\nset B=3\np %A% %B%\nendlocal\np %A% %B%",
        &["A=1", "setlocal", "A=2", "B=3", "p|2|3", "endlocal", "p|1|~%B%"],
    );
    same("setlocal\nset A=1\nendlocal & set B=%A%\np %B%", &["setlocal", "A=1", "endlocal", "B=1", "p|1"]);
    same(
        "setlocal enabledelayedexpansion\nendlocal\nset X=1\np !X!",
        &["setlocal|enabledelayedexpansion", "endlocal", "X=1", "p|!X!"],
    );
    let launches = wanlint::facts::launch::launches(&read(
        "setlocal\nset PYTORCH_CUDA_ALLOC_CONF=a\nset TORCH_COMPILE=1\nendlocal\nset TORCH_COMPILE=0\npython main.py",
    ));
    let env: Vec<_> = launches[0].env.iter().map(|var| format!("{}={}", var.name.text, var.value.text)).collect();
    assert_eq!(env, ["TORCH_COMPILE=0"]);
}

#[test]
fn called_labels_run_where_they_are_called() {
    same(
        "call :set\npython main.py %A%\nexit /b\n:set\nset A=--fast\nexit /b",
        &[":set", "A=--fast", "exit|/b", "python|main.py|--fast", "exit|/b"],
    );
    same(
        "call :go 8188 \"a b\"\ncall :go 8189\ngoto :eof\n:go\np %1 %~2 %*\ngoto :eof",
        &[":go|8188|a b", "p|8188|a|b|8188|a b", ":go|8189", "p|8189|8189"],
    );
    same(
        "call :go a b c\nexit /b\n:go\np %1\nshift\np %1 %*\nif \"%3\"==\"\" q",
        &[":go|a|b|c", "p|a", "shift", "p|b|a|b|c", "q", "exit|/b"],
    );
    // What it sets in its own scope ends with it.
    same(
        "call :s\np %A% %B%\nexit /b\n:s\nset B=2\nsetlocal\nset A=1",
        &[":s", "B=2", "setlocal", "A=1", "endlocal", "p|~%A%|2", "exit|/b"],
    );
    // A call that not every run takes; one in a block, whose own text was expanded before.
    same("if %1==a call :s\np %A%\nexit /b\n:s\nset A=1\np %A%", &["?:s", "?A=1", "?p|1", "p|~1", "exit|/b"]);
    same("set A=0\n(\ncall :s\np %A%\n)\np %A%\nexit /b\n:s\nset A=1", &["A=0", ":s", "A=1", "p|0", "p|1", "exit|/b"]);
    same("call :s\na\n:s\nexit", &[":s", "exit"]);
    same("set X=1\ncall set Y=%%X%%\np %Y%\ncall :%1\np %X%", &["X=1", "Y=~%X%", "p|~%X%", "~:%1", "p|~%X%"]);
    // Never called, as far as can be seen.
    same("exit /b\n:a\ncall :b\nexit /b\n:b\np", &["exit|/b", "?:b", "?p", "?exit|/b"]);
}

#[test]
fn loops_over_what_is_written_out() {
    same(
        "for %%p in (8188 8189) do python main.py --port %%p",
        &["python|main.py|--port|8188", "python|main.py|--port|8189"],
    );
    same("for %%i in (\"a b\",c;d) do (\n p %%i\n q %%~i\n)\nr", &["p|a b", "q|a|b", "p|c", "q|c", "p|d", "q|d", "r"]);
    same("for /l %%i in (3,-1,1) do p %%i", &["p|3", "p|2", "p|1"]);
    same("set L=a b\nfor %%i in (%L%) do for %%j in (1 2) do p %%i%%j", &["L=a b", "p|a1", "p|a2", "p|b1", "p|b2"]);
    same("(\nfor %%i in (a b) do p %%i)\nq", &["p|a", "p|b", "q"]);
    same("for %%i in () do p\nfor /l %%i in (1,1,0) do p\nq", &["q"]);
    same("for %%i in (*.py %X%) do p %%i\nfor /l %%i in (1,1,100) do q", &["?p|~%%i", "?q"]);
    same("for %%i in (a b) do if %%i==b p %%i", &["p|b"]);
}

#[test]
fn effort_stays_within_bounds() {
    let nested: String = (0..12).map(|depth| format!("for /l %%{} in (1,1,30) do ", (b'a' + depth) as char)).collect();
    let chain: String = (0..500).map(|at| format!(":l{at}\ncall :l{}\ncall :l{}\n", at + 1, at + 1)).collect();
    let sums: String = "set /a A=A*A+A, B=A<<1\n".repeat(5_000);
    let deep = format!("set /a X={}1", "(".repeat(100_000));
    let signs = format!("set /a X={}1", "-".repeat(1_500));
    let calls = "call :s\n".repeat(5_000) + ":s\nset A=%A%x\n";
    let scopes = "setlocal\nset A=1\n".repeat(2_000);
    let labels: String = (0..3_000).map(|at| format!(":l{at}\nset X{at}=1\n")).collect::<String>()
        + &(0..3_000).map(|at| format!("goto l{at}\n")).collect::<String>();
    let delayed = "setlocal enabledelayedexpansion\n(\n".to_owned() + &"set X=!X!!X!a\n".repeat(2_000) + ")";
    let sets: String = (0..5_000).map(|at| format!("set X{at}=1\ncall :s\n")).collect::<String>() + ":s\nexit /b";
    for text in [nested + "p", chain, sums, deep, signs, calls, scopes, labels, delayed, sets] {
        checked(&text, read);
    }
}
