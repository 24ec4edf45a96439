//! Compose files.

use super::support::{check, checked, places, show};
use wanlint::read::compose::read;
use wanlint::read::script::Script;

fn script(text: &str) -> Script {
    checked(text, read)
}

#[track_caller]
fn same(service: &str, expected: &[&str]) {
    let text = format!("services:\n  a:\n{service}");
    let script = script(&text);
    assert_eq!(show(&script), expected, "{text} {:?}", script.unread);
}

#[test]
fn commands() {
    same("    command: python main.py --listen 'a b'", &["python|main.py|--listen|a b"]);
    same("    command: [\"python\", main.py, --port, 8188]", &["python|main.py|--port|8188"]);
    same(
        "    entrypoint: python main.py\n    command:\n      - --listen\n      - 0.0.0.0\n",
        &["python|main.py|--listen|0.0.0.0"],
    );
    same(
        "    command: >\n      python main.py\n      --listen --port ${P:-1}\n",
        &["python|main.py|--listen|--port|~1"],
    );
    same("    command: |\n      bash -c \"X=1 python main.py $$A\"\n", &["X=1 python|main.py|~$A"]);
    same("    command: [sh, -c, \"cd x\\n  && python main.py \\u002d-é\"]", &["cd|x", "python|main.py|--é"]);
}

#[test]
fn environments() {
    same(
        "    environment:\n      A: 1\n      B: \"x y\"\n      C:\n      D: ${X}\n    command: p",
        &["A=1 B=x y C=~ D=~${X} p"],
    );
    same("    environment:\n      - A=1\n      - B\n      - \"C=x y\"\n", &["A=1 B=~ C=x y "]);
    let text =
        "x-env: &env\n  A: 1\n  B: 2\nservices:\n  a:\n    environment:\n      <<: *env\n      B: 3\n    command: p\n";
    assert_eq!(show(&script(text)), ["B=3 A=1 p"]);
    let text = "x-a: &a\n  image: i\n  command: q\nservices:\n  a:\n    <<: *a\n    command: p\n  b: *a\n";
    assert_eq!(show(&script(text)), ["p", "q"]);
}

#[test]
fn places_are_exact() {
    let text = "# é€🎉\nservices:\n  é:\n    environment:\n      Ä: \"ö é\"\n    command: >-\n      pythön main.py\n      --x 'é'\n";
    let script = script(text);
    assert_eq!(places(text, &script), ["Ä", "ö é", "pythön", "main.py", "--x", "é"].map(str::to_owned));
    assert_eq!(&text[script.containers[0].span.range()], "é");
    let crlf = "services:\r\n  a:\r\n    command: >\r\n      python main.py\r\n      --x\r\n    environment:\r\n    - \"A=1\"\r\n";
    assert_eq!(places(crlf, &self::script(crlf)), ["A", "1", "python", "main.py", "--x"]);
    let marked = "\u{feff}services:\n  a:\n    command: python main.py\n";
    assert_eq!(places(marked, &self::script(marked)), ["python", "main.py"]);
}

#[test]
fn containers() {
    let text = "services:\n  a:\n    image: x:${T:-1}\n    build: .\n    user: \"1000\"\n    privileged: true\n    network_mode: host\n    mem_limit: 16g\n    ports:\n      - 8188:8188\n      - {host_ip: 127.0.0.1, published: 1, target: 2}\n    env_file: [.env, {path: b.env}]\n    deploy:\n      resources:\n        reservations:\n          devices:\n            - driver: nvidia\n              capabilities: [gpu]\n  b:\n    gpus: all\n    deploy: {resources: {limits: {memory: 8G}}}\n";
    let script = script(text);
    let [a, b] = script.containers.as_slice() else { panic!("{:?}", script.containers) };
    let slice = |span: Option<wanlint::span::Span>| span.map(|span| &text[span.range()]);
    assert_eq!(a.image.as_ref().map(|image| (image.text.as_str(), image.known)), Some(("x:1", false)));
    assert_eq!(
        [slice(a.gpu), slice(a.privileged), slice(a.host_network), slice(a.build)],
        [Some("devices"), Some("privileged: true"), Some("network_mode: host"), Some("build")]
    );
    let ports: Vec<_> = a.ports.iter().chain(&a.env_files).map(|word| word.text.as_str()).collect();
    assert_eq!(ports, ["8188:8188", "127.0.0.1:1:2", ".env", "b.env"]);
    assert_eq!(b.memory.as_ref().map(|memory| memory.text.as_str()), Some("8G"));
    assert_eq!(slice(b.gpu), Some("gpus"));
}

#[test]
fn hostile_texts_end() {
    let laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned()
        + &(1..9)
            .map(|n| format!("{0}: &{0} [*{1},*{1},*{1},*{1},*{1}]\n", char::from(b'a' + n), char::from(b'a' + n - 1)))
            .collect::<String>()
        + "services:\n  s:\n    command: *i\n    environment: *i\n";
    let cycle = "services: &s\n  a: *s\n  <<: *s\n".to_owned();
    let wide = format!(
        "x: &x\n  environment:\n{}services:\n{}",
        "    - A=1\n".repeat(9000),
        (0..9000).map(|n| format!("  s{n}: *x\n")).collect::<String>()
    );
    for text in [
        laughs,
        cycle,
        wide,
        "[".repeat(50_000),
        "{a: ".repeat(50_000),
        "- ".repeat(50_000),
        "&a ".repeat(9000),
        "? ".repeat(50_000),
        "a: \"\\u0065\n\n\n ".repeat(9000),
        "services:\n  a:\n    command: |\n".to_owned() + &"      x\\\n\n".repeat(50_000),
    ] {
        let begun = std::time::Instant::now();
        check(&text, &read(&text));
        assert!(begun.elapsed().as_secs() < 10, "{:?} {:.60}", begun.elapsed(), text);
    }
}
