//! The formats of `wanlint check` by name, each with its reporter.

use clap::ValueEnum;

use super::full::Full;
use super::github::Github;
use super::gitlab::Gitlab;
use super::html::Html;
use super::json::Json;
use super::junit::Junit;
use super::lines::{Concise, JsonLines};
use super::root::Root;
use super::sarif::Sarif;
use super::{Report, Request};

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Findings with the bytes underlined
    Full,
    /// One line for each finding
    Concise,
    /// Everything, for scripts
    Json,
    /// One JSON object for each finding
    JsonLines,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations for the log of a GitHub Actions step
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// JUnit XML: a finding that fails the run is a failed test
    Junit,
    /// One page that needs neither network nor script
    Html,
}

impl Format {
    /// The reporter of this format.
    pub fn reporter(self, request: Request) -> Box<dyn Report> {
        match self {
            Self::Full => Box::new(Full { color: request.color, quiet: request.quiet }),
            Self::Concise => Box::new(Concise { quiet: request.quiet }),
            Self::Json => Box::new(Json),
            Self::JsonLines => Box::new(JsonLines),
            Self::Sarif => Box::new(Sarif { code: request.code, root: Root::here() }),
            Self::Github => Box::new(Github { quiet: request.quiet, root: Root::here() }),
            Self::Gitlab => Box::new(Gitlab { root: Root::here() }),
            Self::Junit => Box::new(Junit { fail_on: request.fail_on, root: Root::here() }),
            Self::Html => Box::new(Html),
        }
    }
}
