//! The environment of a start.

use std::collections::BTreeMap;

use super::around::Around;
use super::words::Context;
use super::{ELSE, Host, program};

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
    add_encoding(&mut env, context.host);
    Ok(env)
}

/// The output of the server goes through a pipe, where Python on Windows writes the letters of one country only and fails at others.
pub(super) fn add_encoding(env: &mut Env, host: &Host) {
    const NAME: &str = "PYTHONIOENCODING";
    if host.var(NAME).is_none() && !env.contains_key(NAME) {
        env.insert(NAME.to_owned(), Some("utf-8".to_owned()));
    }
}
