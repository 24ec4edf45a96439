//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(wanlint::cli::run(std::env::args_os(), &mut wanlint::cli::Streams::process()))
}
