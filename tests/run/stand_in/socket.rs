//! The stand-in's side of a WebSocket: a thread that writes what it is handed, with little in store, so that a flood waits.

use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

use super::Shared;
use super::http::Request;

/// Where frames for one client go. Without it the connection is closed.
pub type Line = SyncSender<Frame>;

pub enum Frame {
    Message(Message),
    /// The connection breaks, in the middle of a frame.
    Break,
}

pub fn serve(mut stream: TcpStream, request: &Request, shared: &Shared) {
    let key = request.header("sec-websocket-key").unwrap_or_default();
    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    if std::io::Write::write_all(&mut stream, head.as_bytes()).is_err() {
        return;
    }
    let client = request.asked("clientId").unwrap_or_default();
    let (line, frames) = sync_channel(8);
    let hello =
        format!(r#"{{"type":"status","data":{{"status":{{"exec_info":{{"queue_remaining":0}}}},"sid":"{client}"}}}}"#);
    let _ = line.send(Frame::Message(Message::text(hello)));
    {
        let mut state = shared.state();
        state.connections += 1;
        state.sockets.insert(client, line);
    }
    write(stream, &frames, shared);
}

fn write(stream: TcpStream, frames: &Receiver<Frame>, shared: &Shared) {
    let Ok(raw) = stream.try_clone() else { return };
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    while !shared.has_ended() {
        match frames.recv_timeout(Duration::from_millis(100)) {
            Ok(Frame::Message(message)) => {
                if socket.send(message).is_err() {
                    return;
                }
            }
            Ok(Frame::Break) => {
                // A header that promises more than comes.
                let _ = std::io::Write::write_all(&mut &raw, &[0x82, 126, 0xff, 0xff, 1, 2, 3]);
                break;
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    let _ = raw.shutdown(Shutdown::Both);
}
