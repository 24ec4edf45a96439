//! Why a server gave no answer that can be used: one sentence for each cause, with what to do.

/// Why a server gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nobody there, or the connection broke before an answer.
    #[error("no answer from {address}: {reason}")]
    NoAnswer {
        /// The server.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// It takes too long.
    #[error("{address} did not answer {path} in time ({limit})")]
    Slow {
        /// The server.
        address: String,
        /// What was asked for.
        path: String,
        /// The limit that ran out.
        limit: String,
    },
    /// It sends the asker on, which is not followed.
    #[error(
        "{address} answers {path} with status {status} and sends the asker to another address: name that one with --server"
    )]
    Elsewhere {
        /// The server.
        address: String,
        /// What was asked for.
        path: String,
        /// 300 to 399.
        status: u16,
    },
    /// It refuses with a status.
    #[error("{address} answers {path} with status {status}{}", shown(.text))]
    Status {
        /// The server.
        address: String,
        /// What was asked for.
        path: String,
        /// 400 and more, or one that has no place here.
        status: u16,
        /// The beginning of what it says.
        text: String,
    },
    /// The answer is longer than any that is expected.
    #[error("the answer of {address} to {path} is larger than {limit} MiB")]
    TooLarge {
        /// The server.
        address: String,
        /// What was asked for.
        path: String,
        /// MiB.
        limit: u64,
    },
    /// The answer ended before it was whole.
    #[error("the answer of {address} to {path} broke off: {reason}")]
    Cut {
        /// The server.
        address: String,
        /// What was asked for.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The answer is not what ComfyUI gives.
    #[error("{address} answers {path}, but not as ComfyUI does: {reason}; is it another program's address?")]
    Foreign {
        /// The server.
        address: String,
        /// What was asked for.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of this machine that is sent cannot be read.
    #[error("{0}")]
    Here(String),
}

impl Fault {
    /// The status the server answered with, where that is the fault.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::Elsewhere { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the server may answer the same question a moment later: it is not there, it is slow, or it broke off.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::NoAnswer { .. } | Self::Slow { .. } | Self::Cut { .. })
            || self.status().is_some_and(|status| status >= 500)
    }
}

/// What a server says of an error, short enough for one line.
fn shown(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}
