//! The server's events, heard over a WebSocket. A socket that breaks is opened again; what was missed meanwhile is for the caller to ask.

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use tungstenite::protocol::WebSocketConfig;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{ClientHandshake, Error, HandshakeError, Message, WebSocket, client_tls_with_config};

use super::address::Address;
use super::event::{Binary, Event};

/// How long the server may take to accept the connection, and to agree to a WebSocket.
const CONNECT: Duration = Duration::from_secs(5);

/// Waits between attempts: they grow up to the last one.
const WAITS: [u64; 4] = [250, 1000, 2000, 5000];

/// Largest frame, bytes. Previews have some hundred kilobytes; a frame is held in memory while it comes.
const MAX_FRAME: usize = 16 * 1024 * 1024;

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

/// What came, or did not.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// An event.
    Event(Event),
    /// A binary frame, not looked at.
    Binary(Binary),
    /// Nothing in the time given.
    Nothing,
    /// The connection is gone; it is tried again in the calls that follow.
    Lost(String),
    /// The connection is there again: what happened meanwhile was not heard.
    Back,
}

/// The events of one client.
#[derive(Debug)]
pub struct Events {
    address: Address,
    client_id: String,
    state: State,
}

#[derive(Debug)]
enum State {
    Open(Box<Open>),
    /// Gone since some attempts; the next one is due then, or never.
    Gone {
        attempts: usize,
        due: Option<Instant>,
    },
}

#[derive(Debug)]
struct Open {
    socket: Socket,
    /// The same connection, to set how long a read may take.
    stream: TcpStream,
}

impl Events {
    /// Connects: before the prompt is sent, or its first events are missed. Without a connection the events stay away, and the
    /// second value says why.
    pub fn open(address: &Address, client_id: &str) -> (Self, Option<String>) {
        let opened = Open::new(address, client_id);
        let (state, why) = match opened {
            Ok(open) => (State::Open(Box::new(open)), None),
            Err(why) => (State::gone(0), Some(why)),
        };
        (Self { address: address.clone(), client_id: client_id.to_owned(), state }, why)
    }

    /// The client's id, which goes with the prompt.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Whether events can come.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// The next thing that is heard within some time.
    pub fn next(&mut self, wait: Duration) -> Heard {
        match &mut self.state {
            State::Open(open) => match open.next(wait) {
                Ok(heard) => heard,
                Err(error) => self.lose(&error),
            },
            State::Gone { attempts, due } => {
                let attempts = *attempts;
                let left = due.map(|due| due.saturating_duration_since(Instant::now()));
                match left.filter(|left| *left <= wait) {
                    Some(left) => {
                        std::thread::sleep(left);
                        self.again(attempts)
                    }
                    None => {
                        std::thread::sleep(wait);
                        Heard::Nothing
                    }
                }
            }
        }
    }

    fn lose(&mut self, error: &Error) -> Heard {
        // A frame that is too large would come again.
        let hopeless = matches!(error, Error::Capacity(_));
        self.state = if hopeless { State::Gone { attempts: 0, due: None } } else { State::gone(0) };
        Heard::Lost(said(error))
    }

    fn again(&mut self, attempts: usize) -> Heard {
        match Open::new(&self.address, &self.client_id) {
            Ok(open) => {
                self.state = State::Open(Box::new(open));
                Heard::Back
            }
            Err(_) => {
                self.state = State::gone(attempts + 1);
                Heard::Nothing
            }
        }
    }
}

impl State {
    fn gone(attempts: usize) -> Self {
        let wait = WAITS[attempts.min(WAITS.len() - 1)];
        Self::Gone { attempts, due: Some(Instant::now() + Duration::from_millis(wait)) }
    }
}

impl Open {
    fn new(address: &Address, client_id: &str) -> Result<Self, String> {
        let stream = connect(address).map_err(|error| error.to_string())?;
        let copy = stream.try_clone().map_err(|error| error.to_string())?;
        let url = address.socket_url(&format!("/ws?clientId={client_id}"));
        let limits = WebSocketConfig::default().max_frame_size(Some(MAX_FRAME)).max_message_size(Some(MAX_FRAME));
        let socket = client_tls_with_config(url, stream, Some(limits), None).map_err(|error| refused(&error))?.0;
        Ok(Self { socket, stream: copy })
    }

    fn next(&mut self, wait: Duration) -> Result<Heard, Error> {
        let end = Instant::now() + wait;
        loop {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.stream.set_read_timeout(Some(left))?;
            match self.socket.read() {
                // What is no event is passed over.
                Ok(Message::Text(text)) => {
                    if let Some(event) = Event::read(&text) {
                        return Ok(Heard::Event(event));
                    }
                }
                Ok(Message::Binary(frame)) => return Ok(Heard::Binary(Binary::of(&frame))),
                Ok(Message::Close(_)) => return Err(Error::ConnectionClosed),
                Ok(_) => {}
                Err(Error::Io(error)) if is_timeout(&error) => return Ok(Heard::Nothing),
                Err(error) => return Err(error),
            }
            if Instant::now() >= end {
                return Ok(Heard::Nothing);
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// A connection to the first of the server's addresses that accepts one. Proxies are not asked: where one is needed, the events stay
/// away and the server is asked over HTTP.
fn connect(address: &Address) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "its name is unknown to this machine");
    for place in (address.host(), address.port()).to_socket_addrs()? {
        match TcpStream::connect_timeout(&place, CONNECT) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(CONNECT))?;
                stream.set_write_timeout(Some(CONNECT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn refused(error: &HandshakeError<ClientHandshake<MaybeTlsStream<TcpStream>>>) -> String {
    match error {
        HandshakeError::Interrupted(_) => "it did not agree to a WebSocket in time".to_owned(),
        HandshakeError::Failure(error) => said(error),
    }
}

fn said(error: &Error) -> String {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => "the server closed the connection".to_owned(),
        Error::Capacity(_) => format!("a frame of more than {} MiB came", MAX_FRAME >> 20),
        Error::Http(answer) => format!("it answers /ws with status {}", answer.status().as_u16()),
        Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}
