//! wanlint reads what is about to be run on ComfyUI and says what is wrong, what will not fit and why.

pub mod facts;
pub mod read;
pub mod source;
pub mod span;
