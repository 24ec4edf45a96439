//! What the length of a step can mean.

/// A sentence about the steps of a load.
#[derive(Clone, Debug, PartialEq)]
pub struct StepNote;

/// Nothing yet.
pub fn step_notes() -> Vec<StepNote> {
    Vec::new()
}
