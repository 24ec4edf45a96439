//! A build without the feature `network`.

use clap::Args;

use super::Streams;

/// Arguments of `wanlint run`, all of them.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    all: Vec<String>,
}

/// Says that nothing is run.
///
/// # Errors
/// Always.
pub fn run(_: &Arguments, _: &mut Streams) -> Result<u8, String> {
    Err("this wanlint was built without the feature 'network' and runs nothing: check, vram and convert are all there"
        .to_owned())
}
