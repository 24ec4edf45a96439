//! Python.

use super::support::{check, checked, places, show};
use wanlint::read::python::read;
use wanlint::read::script::{Command, Step};

/// Steps that other programs see; the first line makes the text one about ComfyUI.
fn steps(text: &str) -> Vec<String> {
    let text = format!("# main.py, subprocess\n{text}");
    show(&checked(&text, read)).into_iter().filter(|step| !step.trim_start_matches('?').starts_with("local ")).collect()
}

#[track_caller]
fn same(text: &str, expected: &[&str]) {
    assert_eq!(steps(text), expected, "{text}");
}

fn command(text: &str) -> Command {
    let script = read(text);
    let found =
        script.steps.into_iter().find_map(|step| if let Step::Command(command) = step { Some(command) } else { None });
    found.unwrap_or_else(|| unreachable!("no command"))
}

#[test]
fn environment() {
    same("os.environ['X'] = \"1\"\nos.environ[\"Y\"] = str(2)", &["X=1", "Y=2"]);
    same("os.environ.setdefault('X', '1')\nos.putenv('Y', 'a' 'b')", &["?X=1", "Y=ab"]);
    same("os.environ.update({'X': '1', 'Y': z}, A='b')", &["X=1", "Y=~z", "A=b"]);
    same("x = os.environ.get('X', '0')\ny = os.environ['X'] == '1'", &[]);
    same("environ['X'] = '1'\nos.environ['X'] += 'b'\nos.environ['Y'] += 'c'", &["X=1", "X=1b", "Y=~c"]);
    same("if a:\n  os.environ['X'] = '1'\nelse:\n  os.environ['X'] = '2'", &["?X=1", "?X=2"]);
    same("del os.environ['X']\nos.environ.pop('Y', None)", &["unset|X", "unset|Y"]);
    let text = "# comfy\nimport os\nos.environ['X'] = '1'  # why\n";
    let Step::Assign(assign) = &read(text).steps[0] else { panic!("no assignment") };
    assert_eq!((&text[assign.span.range()], &text[assign.value.span.range()]), ("os.environ['X'] = '1'", "'1'"));
}

#[test]
fn environments_of_one_program() {
    same("env = os.environ.copy()\nenv['X'] = '1'\nsubprocess.run(['a', 'b'], env=env)", &["X=1 a|b"]);
    same("subprocess.Popen(['a'], env={**os.environ, 'X': '1'})", &["X=1 a"]);
    same("env = dict(os.environ, X='1')\nenv.update(Y='2')\nos.execvpe('a', ['a', 'b'], env)", &["X=1 Y=2 a|b"]);
    same("env = os.environ\nenv['X'] = '1'", &["X=1"]);
    same("subprocess.run('a b', shell=True, env=os.environ | {'X': '1'})", &["X=1 a|b"]);
}

#[test]
fn programs() {
    same("subprocess.run([sys.executable, 'main.py', '--port', str(8188)])", &["python|main.py|--port|8188"]);
    same("import os\nos.system('python main.py --lowvram && echo done')", &["python|main.py|--lowvram", "echo|done"]);
    same("os.system('X=1 python main.py')\nos.system('export Y=2; a')", &["X=1 python|main.py", "Y=2 a"]);
    same("subprocess.call(args=('a', 'b'))", &["a|b"]);
    same("sys.exit(subprocess.call(['a']))\nwith subprocess.Popen(['b']) as p:\n  pass", &["a", "b"]);
    same("subprocess.run(shlex.split('a \"b c\" d'))\nsubprocess.run('e f'.split())", &["a|b c|d", "e|f"]);
    same("os.execv(sys.executable, ['python', 'main.py'] + sys.argv[1:])", &["python|main.py|~sys.argv[1:]"]);
    same("await asyncio.create_subprocess_exec('a', *['b', 'c'], env=None)", &["a|b|c"]);
    same("os.system(f'python main.py --port {p[\"x\"]} --listen')", &["python|main.py|--port|~{p[\"x\"]}|--listen"]);
}

#[test]
fn values() {
    same(
        "p = 8188\nsubprocess.run(['a', f'--port={p}', f'{q}', f'{{x}}', r'\\n', '\\x41\\u00e9'])",
        &["a|--port=8188|~{q}|{x}|\\n|Aé"],
    );
    same("a = ['x']\na.append('y')\na += ['z']\na.extend(['w'])\nsubprocess.run(a + ['v'])", &["x|y|z|w|v"]);
    same("a = ['x']\nif b:\n  a.append('y')\nsubprocess.run(a)", &["x|~y"]);
    same("a = 'x'\nif b:\n  a = 'y'\nsubprocess.run([a, *c])", &["~y|~c"]);
    same("d = Path('c')\nsubprocess.run(['p', d / 'main.py', os.path.join('a', 'b'), str(d)])", &["p|c/main.py|a/b|c"]);
    same("subprocess.run(['p', Path(__file__).parent / 'main.py'])", &["p|~Path(__file__).parent/main.py"]);
    same("for i in x:\n  subprocess.run(['a', i])", &["?a|~i"]);
    same("subprocess.run(['a'] if x else ['b'])", &[]);
}

#[test]
fn functions() {
    same("def main():\n  subprocess.run(['a'])\nif __name__ == '__main__':\n  main()", &["a"]);
    same("def other():\n  subprocess.run(['a'])", &["?a"]);
    same("def run(c, low=False):\n  subprocess.run(c, shell=True)\nrun('a b')\nrun(c='d')", &["a|b", "d"]);
    let endless = steps("def a():\n  a()\n  subprocess.run(['x'])\na()");
    assert!((1..=8).contains(&endless.len()) && endless.iter().all(|step| step == "x"), "{endless:?}");
    same("class C:\n  def go(self):\n    os.environ['X'] = '1'", &["?X=1"]);
    same(
        "try:\n  subprocess.run(['a'])\nexcept E:\n  subprocess.run(['b'])\nfinally:\n  subprocess.run(['c'])",
        &["a", "?b", "c"],
    );
}

#[test]
fn functions_have_names_of_their_own() {
    same("a = ['x']\ndef f():\n  a = ['y']\n  subprocess.run(a)\nf()\nsubprocess.run(a)", &["y", "x"]);
    same("a = ['x']\ndef f():\n  global a\n  a = ['y']\nf()\nsubprocess.run(a)", &["y"]);
    same("a = ['x']\ndef f():\n  a.append('y')\nf()\nsubprocess.run(a)", &["x|y"]);
    same(
        "def f(p, *more, low=False):\n  subprocess.run(['a', p])\nf('1')\nf(p='2')\nsubprocess.run([p])",
        &["a|1", "a|2", "~p"],
    );
    same("def f():\n  os.environ['X'] = '1'\nf()\nsubprocess.run(['a', os.environ['X']])", &["X=1", "a|1"]);
    same(
        "env = {'A': '1'}\ndef f():\n  env = {'B': '2'}\n  subprocess.run(['a'], env=env)\nf()\nsubprocess.run(['b'], env=env)",
        &["B=2 a", "A=1 b"],
    );
    same("def f(e):\n  subprocess.run(['a'], env=e)\nf({'X': '1'})\nf(e=dict(os.environ, Y='2'))", &["X=1 a", "Y=2 a"]);
    same("def f():\n  x = ['a']\ndef g():\n  subprocess.run(x)", &[]);
}

#[test]
fn words_lie_where_they_are_written() {
    let text = "import os\nargs = ['--lowvram']\nos.system('python main.py --listen ' + '--port 1')\nsubprocess.run(['main.py', *args])\n";
    let words = places(text, &read(text));
    assert_eq!(words[2..], ["python", "main.py", "--listen", "--port", "1", "'main.py'", "'--lowvram'"]);
    let text = "subprocess.run(['python', \"main.py\"])";
    assert_eq!(&text[command(text).span.range()], text);
}

#[test]
fn other_scripts_are_not_read() {
    assert!(read("import subprocess\nsubprocess.run(['a'])").steps.is_empty());
    assert!(read("# comfy\nX = 'a'\n").steps.is_empty());
}

#[test]
fn effort_is_limited() {
    let head = "# main.py subprocess\n";
    for piece in [
        "(",
        "[",
        "subprocess.run([",
        "f'{",
        "def a():\n a()\n",
        "if x:\n ",
        "a = a + a\n",
        "{**",
        "os.system('",
        "x.",
        "a+",
    ] {
        let text = format!("{head}a = 'xxxxxxxxxxxxxxxx'\n{}", piece.repeat(20_000));
        check(&text, &read(&text));
    }
}
