//! `--object-info`: a real server on this machine that answers well, badly, endlessly or not at all, and files likewise.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::Folder;

const NODES: &str =
    r#"{"MyNode": {"input": {"required": {"steps": ["INT", {"min": 1, "max": 9}]}}, "output": ["LATENT"]}}"#;

/// A server for one request; its address, and what it was asked.
fn server(answer: impl FnOnce(&mut std::net::TcpStream) + Send + 'static) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut request = [0; 2048];
        let length = stream.read(&mut request).unwrap();
        answer(&mut stream);
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    (address, asked)
}

fn answer(head: &str, body: &str) -> impl FnOnce(&mut std::net::TcpStream) + Send + 'static + use<> {
    let text = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    move |stream| stream.write_all(text.as_bytes()).unwrap()
}

fn folder() -> Folder {
    Folder::with("w.json", r#"{"1": {"class_type": "MyNode", "inputs": {"steps": 4}}}"#)
}

#[test]
fn a_server_is_asked_for_its_object_info() {
    let (address, asked) = server(answer("200 OK", NODES));
    let run = folder().check(&["--object-info", &address, "--show-facts"]);
    run.says(0, &["nodes = embedded facts and 1 stated"]);
    let request = asked.join().unwrap();
    assert!(request.starts_with("GET /object_info HTTP/1.1\r\n"), "{request}");
}

#[test]
fn a_server_that_answers_something_else_is_refused() {
    let refused = |head: &str, body: &str, words: &[&str]| {
        let (address, asked) = server(answer(head, body));
        folder().check(&["--object-info", &address]).refuses(words);
        asked.join().unwrap();
    };
    refused("404 Not Found", "", &["--object-info", "http://127.0.0.1", "status 404"]);
    refused("302 Found\r\nLocation: http://192.0.2.1/", "", &["status 302", "name that one"]);
    refused("200 OK", "<html>", &["not JSON"]);
    refused("200 OK", "[]", &["not an object of node classes"]);
}

#[test]
fn an_answer_that_breaks_off_or_never_ends_is_refused() {
    let (address, asked) = server(|stream| stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{").unwrap());
    folder().check(&["--object-info", &address]).refuses(&["cannot be read"]);
    asked.join().unwrap();
    let (address, asked) = server(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n[").unwrap();
        // Until the other side has enough.
        while stream.write_all(&[b' '; 65_536]).is_ok() {}
    });
    folder().check(&["--object-info", &address]).refuses(&["cannot be read"]);
    asked.join().unwrap();
}

#[test]
fn addresses_and_files_that_are_none_are_refused() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = folder();
    folder.check(&["--object-info", &format!("http://me:pass@{closed}/")]).refuses(&["no answer", &closed.to_string()]);
    assert!(!folder.check(&["--object-info", &format!("http://me:pass@{closed}/")]).err.contains("pass"));
    folder.check(&["--object-info", "ftp://127.0.0.1/"]).refuses(&["http:// or https://"]);
    folder.check(&["--object-info", "http://"]).refuses(&["--object-info"]);
    folder.check(&["--object-info", "gone.json"]).refuses(&["gone.json", "cannot be read"]);
    folder.check(&["--object-info", "."]).refuses(&["it is a folder"]);
    folder.check(&["--object-info", "w.json"]).refuses(&["'1' has no 'input'"]);
    folder.write("bytes.json", b"\xff\xfe");
    folder.check(&["--object-info", "bytes.json"]).refuses(&["not UTF-8"]);
}

#[test]
fn the_configuration_names_a_file_of_the_project() {
    let folder = folder();
    folder.write(".git/HEAD", "");
    folder.write("sub/.comfy/object_info.json", NODES);
    folder.write("sub/w.json", r#"{"1": {"class_type": "MyNode", "inputs": {"steps": 4}}}"#);
    let config = |text: &str| folder.write("sub/wanlint.toml", format!("[machine]\nobject-info = \"{text}\"\n"));
    config(".comfy/object_info.json");
    folder.check(&["sub", "--show-facts"]).says(0, &["1 stated"]);
    config("http://127.0.0.1:1/");
    folder.check(&["sub"]).refuses(&["object-info", "only when --object-info names it"]);
    config("../../outside.json");
    folder.check(&["sub"]).refuses(&["object-info", "cannot be read"]);
    if cfg!(unix) {
        config("/etc/hostname");
        folder.check(&["sub"]).refuses(&["outside the project"]);
    }
    folder.check(&["sub", "--isolated"]).says(0, &[]);
}
