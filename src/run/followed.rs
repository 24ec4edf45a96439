//! The output of a started server: its newest lines in memory, all of it in a file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::redact;

/// Most bytes of lines that stay in memory.
const MOST_BYTES: usize = 1 << 20;

/// Longest part of a line that stays in memory, bytes: no line that is looked at is longer.
const LONGEST: usize = 8192;

/// What a server has written so far. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Followed(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    grown: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Line>,
    bytes: usize,
    /// The number of the first line that is still there.
    first: u64,
    file: Option<File>,
    /// Streams that are still open.
    open: usize,
}

/// A line, or a state of a progress bar.
#[derive(Debug)]
struct Line {
    text: String,
    /// The next one is written over it: a progress bar.
    passing: bool,
}

impl Followed {
    /// Nothing was written yet. All of it will also go to the file.
    pub fn new(file: Option<File>) -> Self {
        let state = State { file, ..State::default() };
        Self(Arc::new(Shared { state: Mutex::new(state), grown: Condvar::new() }))
    }

    /// The newest lines, secrets masked; of progress bars their last state.
    pub fn tail(&self, most: usize) -> Vec<String> {
        let state = self.lock();
        let lines: Vec<&Line> = state.lines.iter().collect();
        let last = lines.len().saturating_sub(1);
        let kept = |(at, line): (usize, &&Line)| (at == last || !line.passing).then(|| redact::masked(&line.text));
        let mut lines: Vec<String> = lines.iter().enumerate().rev().filter_map(kept).take(most).collect();
        lines.reverse();
        lines
    }

    /// The lines from a number on, and the number of the next one. Lines that have gone from memory are passed over, and of a bar
    /// only some states come, the last one among them.
    pub fn after(&self, seen: u64) -> (Vec<String>, u64) {
        let state = self.lock();
        let skipped = usize::try_from(seen.saturating_sub(state.first)).unwrap_or(usize::MAX);
        let lines = state.lines.iter().skip(skipped).map(|line| line.text.clone()).collect();
        (lines, state.first + state.lines.len() as u64)
    }

    /// Waits until there are lines from a number on, or the server has closed its output, or the time is over: true when there are
    /// lines.
    pub fn wait(&self, seen: u64, time: Duration) -> bool {
        let none = |state: &mut State| state.first + state.lines.len() as u64 <= seen && state.open > 0;
        let waited = self.0.grown.wait_timeout_while(self.lock(), time, none);
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.first + state.lines.len() as u64 > seen
    }

    /// Waits until all output is read, at most for some time: what was started may leave its output to somebody else.
    pub fn drain(&self, time: Duration) {
        drop(self.0.grown.wait_timeout_while(self.lock(), time, |state| state.open > 0));
    }

    /// Follows a stream in a thread of its own until it ends.
    pub(super) fn follow(&self, stream: impl Read + Send + 'static) {
        self.lock().open += 1;
        let shared = self.clone();
        std::thread::spawn(move || shared.read(stream));
    }

    fn read(&self, mut stream: impl Read) {
        let (mut buffer, mut open) = (vec![0; 16 << 10], Vec::new());
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.take(&buffer[..count], &mut open),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let mut state = self.lock();
        if !open.is_empty() {
            state.push(&open, false);
        }
        state.open -= 1;
        self.0.grown.notify_all();
    }

    /// Takes bytes in; `open` is what stands behind the last end of a line.
    fn take(&self, bytes: &[u8], open: &mut Vec<u8>) {
        let mut state = self.lock();
        let written = state.file.as_mut().map(|file| file.write_all(bytes));
        if let Some(Err(_)) = written {
            // A full disk must not end the generation.
            state.file = None;
        }
        let mut at = 0;
        for part in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            at += part.len();
            let ended = part.last().copied().filter(|byte| matches!(byte, b'\n' | b'\r'));
            let text = part.strip_suffix(b"\n").or(part.strip_suffix(b"\r")).unwrap_or(part);
            open.extend_from_slice(&text[..text.len().min(LONGEST.saturating_sub(open.len()))]);
            if let Some(end) = ended {
                state.push(open, end == b'\r' && bytes.get(at) != Some(&b'\n'));
                open.clear();
            }
        }
        self.0.grown.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, bytes: &[u8], passing: bool) {
        if bytes.is_empty() {
            // Windows ends its lines with both.
            if let Some(last) = self.lines.back_mut().filter(|_| !passing) {
                last.passing = false;
            }
            return;
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.bytes += text.len();
        // An hour of bars must not push out the lines of loads; the last state of a bar ends its line and stays.
        if let Some(last) = self.lines.back_mut().filter(|last| last.passing && passing) {
            self.bytes -= std::mem::replace(&mut last.text, text).len();
            return;
        }
        self.lines.push_back(Line { text, passing });
        while self.bytes > MOST_BYTES {
            let Some(line) = self.lines.pop_front() else { break };
            self.bytes -= line.text.len();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_bars_and_their_numbers() {
        let followed = Followed::default();
        let mut open = Vec::new();
        followed.take(b"one\r\n  0%|  | 0/2\r 50%|# | 1/2\r", &mut open);
        followed.take(b"100%|##| 2/2\ntoken: hf_aB3dE5gH7jK9mN1pQ3sT5vX7z\nhalf", &mut open);
        let (lines, next) = followed.after(0);
        assert_eq!(lines[..3], ["one", " 50%|# | 1/2", "100%|##| 2/2"]);
        assert_eq!((lines.len(), next), (4, 4));
        assert_eq!(followed.tail(9), ["one", "100%|##| 2/2", "token: hf_*************************"]);
        followed.take(b" whole\n", &mut open);
        assert_eq!(followed.after(next), (vec!["half whole".to_owned()], 5));
    }

    #[test]
    fn memory_is_bounded_and_numbers_go_on() {
        let followed = Followed::default();
        let mut open = Vec::new();
        followed.take(&[b'x'; 100_000], &mut open);
        followed.take(b"\n", &mut open);
        assert_eq!(followed.after(0).0[0].len(), LONGEST);
        for number in 0..200_000 {
            followed.take(format!("line {number}\n").as_bytes(), &mut open);
        }
        assert!(followed.lock().bytes <= MOST_BYTES);
        for step in 0..100_000 {
            followed.take(format!(" 50%|# | {step}/100000\r").as_bytes(), &mut open);
        }
        assert_eq!(
            followed.after(199_999),
            (vec!["line 199998".to_owned(), "line 199999".to_owned(), " 50%|# | 99999/100000".to_owned()], 200_002)
        );
    }
}
