//! Just enough HTTP/1.1: one request for each connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

pub struct Request {
    pub method: String,
    /// With what is asked of it.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let first = line(&mut reader)?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let text = line(&mut reader)?;
            let Some((name, value)) = text.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { method, target, headers, body: Vec::new() };
        request.body = request.rest(&mut reader)?;
        Some(request)
    }

    fn rest(&self, reader: &mut impl BufRead) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        if let Some(length) = self.header("content-length") {
            reader.take(length.parse().ok()?).read_to_end(&mut body).ok()?;
        } else if self.header("transfer-encoding").is_some() {
            loop {
                let size = usize::from_str_radix(line(reader)?.trim(), 16).ok()?;
                let mut part = vec![0; size];
                reader.read_exact(&mut part).ok()?;
                body.extend(part);
                line(reader)?;
                if size == 0 {
                    break;
                }
            }
        }
        Some(body)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A value of the query, decoded.
    pub fn asked(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?')?.1;
        let pair = query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))?;
        Some(decoded(pair.1))
    }
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut all, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'%' {
            all.push(u8::from_str_radix(&text[at + 1..at + 3], 16).expect("hexadecimal digits"));
            at += 3;
        } else {
            all.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(all).expect("UTF-8")
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut text = String::new();
    (reader.read_line(&mut text).ok()? > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Answers; whoever is gone by now is not told.
pub fn answer(stream: &mut TcpStream, status: u16, kind: &str, body: &[u8]) {
    begin(stream, status, kind, Some(body.len()));
    let _ = stream.write_all(body);
}

pub fn begin(stream: &mut TcpStream, status: u16, kind: &str, length: Option<usize>) {
    let length = length.map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\n{length}Connection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes());
}
