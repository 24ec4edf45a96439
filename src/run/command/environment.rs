//! The environment of a start.

use std::collections::BTreeMap;

use super::around::Around;
use super::words::Context;
use super::{ELSE, Host, program};
use crate::run::server::KEY_VARIABLE;

/// Variables that are set, and those that are taken out.
pub(super) type Env = BTreeMap<String, Option<String>>;

/// The variables that the script has set by then, and those of its virtual environment.
pub(super) fn environment(context: &Context, around: &Around) -> Result<Env, String> {
    let mut env: Env = around.unset.iter().map(|name| (name.clone(), None)).collect();
    for var in &context.launch.env {
        let name = var.name.text.clone();
        if !var.certain {
            return Err(format!("{}: whether {name} is set depends on the run: {ELSE}", context.line(var.span)));
        }
        let taken_away = var.value.text.is_empty() && !var.value.known;
        let value = if taken_away { None } else { Some(context.value(&var.value)?.unwrap_or_default()) };
        env.insert(name, value);
    }
    if let Some(venv) = &around.venv {
        let set = env.iter().find(|(name, _)| context.host.same_name(name, "PATH")).and_then(|(_, path)| path.clone());
        let path = set.or_else(|| context.host.var("PATH").map(str::to_owned)).unwrap_or_default();
        let separator = if context.host.windows { ';' } else { ':' };
        env.retain(|name, _| !context.host.same_name(name, "PATH"));
        let programs = program::programs_of(venv, context.host);
        env.insert("PATH".to_owned(), Some(format!("{}{separator}{path}", programs.display())));
        env.insert("VIRTUAL_ENV".to_owned(), Some(venv.display().to_string()));
        env.insert("PYTHONHOME".to_owned(), None);
    }
    add_own(&mut env, context.host);
    Ok(env)
}

/// What wanlint adds of its own. The output of the server goes through a pipe, where Python on Windows writes the letters of one
/// country only and fails at others. The key for partner nodes goes to the server with a prompt that needs it, and not to everything
/// that a custom node starts.
pub(super) fn add_own(env: &mut Env, host: &Host) {
    const ENCODING: &str = "PYTHONIOENCODING";
    if host.var(ENCODING).is_none() && !env.contains_key(ENCODING) {
        env.insert(ENCODING.to_owned(), Some("utf-8".to_owned()));
    }
    if host.var(KEY_VARIABLE).is_some() && !env.contains_key(KEY_VARIABLE) {
        env.insert(KEY_VARIABLE.to_owned(), None);
    }
}
