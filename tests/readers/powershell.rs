//! PowerShell.

use super::support::{check, checked, places, show};
use wanlint::read::powershell::read;
use wanlint::read::script::Step;

fn steps(text: &str) -> Vec<String> {
    show(&checked(text, read))
}

#[track_caller]
fn same(text: &str, expected: &[&str]) {
    assert_eq!(steps(text), expected, "{text}");
}

#[test]
fn environment() {
    same("$env:X = \"1\"", &["X=1"]);
    same("$Env:X='a'\n$env:x=\"b;$env:X\"; ${env:Y} = 5", &["X=a", "x=b;a", "Y=5"]);
    same("$env:PATH=\"a;$env:PATH\"", &["PATH=~a;$env:PATH"]);
    same("$env:X += 'a'", &["X=~a"]);
    same("[Environment]::SetEnvironmentVariable(\"X\",\"1\")", &["X=1"]);
    same("[System.Environment]::SetEnvironmentVariable('X', '1', 'Process')", &["X=1"]);
    same("[Environment]::SetEnvironmentVariable('X', '1', 'User')", &["local X=1"]);
    same("[Environment]::SetEnvironmentVariable('X', '1', [EnvironmentVariableTarget]::Process)", &["X=1"]);
    same("Set-Item Env:X 1\nsi -Path Env:\\Y -Value 'b'", &["X=1", "Y=b"]);
    same("Remove-Item Env:X", &["Remove-Item|Env:X", "X="]);
    let text = "  $env:X = \"1\"  # why\n";
    let Step::Assign(assign) = &read(text).steps[0] else { panic!("no assignment") };
    assert_eq!((&text[assign.span.range()], &text[assign.value.span.range()]), ("$env:X = \"1\"", "\"1\""));
}

#[test]
fn the_ways_of_other_shells_are_commands() {
    same("set X=1\nX=1\nexport X=1", &["set|X=1", "X=1", "export|X=1"]);
}

#[test]
fn variables_and_lists() {
    same("$a = 'x'\npython \"$a/main.py\" $a", &["local a=x", "python|x/main.py|x"]);
    same("$a = @(\"--listen\", \"--port\", 8188)\np @a", &["local a=--listen --port 8188", "p|--listen|--port|8188"]);
    same("$a = '--a', '--b'\n$a += '--c'\np $a", &["local a=--a --b", "local a=--a --b --c", "p|--a|--b|--c"]);
    same("$a = @(\n  '--a' # why\n  '--b'\n)\np @A", &["local a=--a --b", "p|--a|--b"]);
    same("$a = '--a --b'\np $a", &["local a=--a --b", "p|--a --b"]);
    same("$a = \"x\" + 'y'\np --a=$a", &["local a=xy", "p|--a=xy"]);
    same("$a = [string[]]@()\n$a += 'b'\np @a", &["local a=", "local a=b", "p|b"]);
    same("$l = [System.Collections.Generic.List[string]]::new()\n[void]$l.Add('--x')\np @l", &["local l=", "p|--x"]);
    same("p @no $no \"$no\" $x.y (Get-X) \"$(Get-Y)\"", &["p|~@no|~$no|~$no|~$x.y|~(Get-X)|~$(Get-Y)"]);
    same("p (Join-Path $PSScriptRoot 'main.py')", &["p|~$PSScriptRoot\\main.py"]);
    same(
        "$b = 'C:\\x'\n$p = Join-Path $b 'py.exe'\n& $p main.py",
        &["local b=C:\\x", "local p=C:\\x\\py.exe", "C:\\x\\py.exe|main.py"],
    );
    same("$p = Join-Path $b x | Select-Object\np $p", &["Join-Path|~$b|x", "Select-Object", "p|~$p"]);
    same("p $PSScriptRoot\\main.py", &["p|~$PSScriptRoot\\main.py"]);
    same("$a = Get-Thing x\np $a", &["Get-Thing|x", "p|~$a"]);
    same("param([int]$Port = 8188, [switch]$Low)\np --port $Port $Low", &["p|--port|~8188|~$Low"]);
}

#[test]
fn words_come_from_their_assignment() {
    let text = "$a = @(\"--listen\")\n& \".\\python.exe\" main.py @a";
    assert_eq!(places(text, &read(text))[2..], ["\".\\python.exe\"", "main.py", "\"--listen\""]);
    let Step::Command(command) = &read(text).steps[1] else { panic!("no command") };
    assert_eq!(&text[command.span.range()], "& \".\\python.exe\" main.py @a");
}

#[test]
fn strings() {
    same("p 'a $b' \"c `\"d`\" \"\"e\"\" `$f\" 'it''s'", &["p|a $b|c \"d\" \"e\" $f|it's"]);
    same("$t = @\"\na $x\n\"@\np 1", &["local t=~a $x", "p|1"]);
    same("p @'\na \"b\" $c\n'@", &["p|a \"b\" $c"]);
    same("p a`\"b x\"y z\"", &["p|a\"b|xy z"]);
    same("p é \"ü`é\" `é", &["p|é|üé|é"]);
    same("p 0,1 --x=0,1 2, 3", &["p|0|1|--x=0,1|2|3"]);
    same("p --% a,b \"c d\" %X%", &["p|a,b|c d|~%X%"]);
}

#[test]
fn lines() {
    same("p a `\n  --b `\r\n  --c\nd", &["p|a|--b|--c", "d"]);
    same("p a ` \n  --b", &["p|a| ", "--b"]);
    same("p a # b\n<# c\nd #> e; f | g > x 2>&1 -h", &["p|a", "e", "f", "g|-h"]);
    same("p a#b && q || r", &["p|a#b", "q", "r"]);
}

#[test]
fn branches() {
    same("if ($x -eq \"a)\") { p } elseif (y) { q } else { r }\ns", &["?p", "?q", "?r", "s"]);
    same("foreach ($i in 1..3) {\n p $i\n}\ntry { q } catch { r } finally { s }", &["?p|~$i", "q", "?r", "s"]);
    same("function Start-It($x) { p }\nStart-It", &["p"]);
    same("switch ($x) { 'a' { p } default { q } }", &["?p", "?q"]);
    same("$a = @('--a')\nif ($x) { $a += '--b' }\np @a", &["local a=--a", "?local a=--a --b", "p|--a|~--b"]);
    same("$a = '1'\nif ($x) { $a = '2'; p $a }\np $a", &["local a=1", "?local a=2", "?p|2", "p|~2"]);
    same("& { p }\n. .\\venv\\Scripts\\Activate.ps1", &["p", ".\\venv\\Scripts\\Activate.ps1"]);
    assert_eq!(read("if (x) { p").unread.len(), 1);
}

#[test]
fn programs_started_in_other_ways() {
    same(
        "Start-Process python -ArgumentList \"main.py\",\"--lowvram\" -NoNewWindow -Wait",
        &["python|main.py|--lowvram"],
    );
    same(
        "start -FilePath 'python.exe' -WorkingDirectory C:\\x -Args 'main.py --a \"b c\"'",
        &["python.exe|main.py|--a|b c"],
    );
    same(
        "$a = @('main.py', '--x')\n$p = Start-Process python $a -PassThru",
        &["local a=main.py --x", "python|main.py|--x"],
    );
    same("cmd /c \"set X=1 && python main.py --a\"", &["local X=1 ", "X=1  python|main.py|--a"]);
    same("iex \"python main.py --b\"", &["python|main.py|--b"]);
    let text = "cmd.exe /c \"python main.py --lowvram\"";
    assert_eq!(places(text, &read(text)), ["python", "main.py", "--lowvram"]);
}

#[test]
fn effort_is_limited() {
    let mut text = String::from("$a = 'aaaaaaaaaa'\n");
    (0..40).for_each(|_| text.push_str("$a = \"$a$a\"\n"));
    assert!(steps(&text).iter().all(|step| step.len() < 200_000));
    for piece in
        ["@(", "(", "{", "\"$(", "if (x) {", "[", "@\"\n", "iex ", "\"", "$a.b(", "(Join-Path ", "p (", "$x = "]
    {
        steps(&piece.repeat(40_000));
    }
}

#[test]
fn a_backtick_at_the_very_end_stays_inside_the_text() {
    for text in ["@(`", "\n\u{1}\t\t@(`", "& {`", "$a = (`", "python main.py `", "\"`", "[`"] {
        check(text, &read(text));
        for step in read(text).steps {
            let span = match &step {
                Step::Assign(assign) => assign.span,
                Step::Command(command) => command.span,
            };
            assert!(text.get(span.range()).is_some(), "{text:?}: {span:?}");
        }
    }
}

#[test]
fn functions() {
    same("function Go($a, $b = 'x') { p $a $b }\nGo 1\ngo -b 2 -A 3\nGo 1 2 3", &["p|1|x", "p|3|2", "p|1|2"]);
    same(
        "function Go {\n  param([string]$Port, [switch]$Low, [string[]]$More)\n  p --port $Port @More\n}\nGo -Low 8188 a,b",
        &["p|--port|8188|a|b"],
    );
    same("function Go { p @args }\nGo --a 'b c'", &["p|--a|b c"]);
    same("function Go { param([Parameter(ValueFromRemainingArguments)] $Rest) p @Rest }\nGo x y", &["p|x|y"]);
    same("function Never { p $x }\nq", &["q", "?p|~$x"]);
    same("function Outer { function Inner { p } ; Inner }\nOuter", &["p"]);
    // A name that is set inside is another variable, unless it says so.
    same(
        "$a = 1\nfunction Go { $a = 2; $script:b = 3; $env:E = $a; p $a }\nGo\np $a $b",
        &["local a=1", "local a=2", "local b=3", "E=2", "p|2", "p|1|3"],
    );
    same("$a = @('x')\nfunction Go { $a += 'y'; p @a }\nGo\np @a", &["local a=x", "local a=x y", "p|x|y", "p|x"]);
    // Neither an argument that no parameter has, nor a call on some paths only.
    same("function Go($a) { p $a }\nGo -Verbose 1", &["p|~$a"]);
    same("function Go($a) { p $a }\nif ($x) { Go 1 }", &["?p|1"]);
    same("if ($x) { function Go { p } } else { function Go { q } }\nGo", &["?q"]);
    let text = "function Go($n) { python main.py $n }\nGo '--lowvram'";
    assert_eq!(places(text, &read(text)), ["python", "main.py", "'--lowvram'"]);
    let endless = steps("function a { p; a; a }\na");
    assert!(endless.len() < 1000, "{}", endless.len());
    for piece in ["function a { ", "function a($x = (", "function a { a; a }\n", "function a { } a ", "a -"] {
        steps(&(piece.repeat(3_000) + "a"));
    }
}
