//! A start by the folder of a checkout or portable build.

use std::path::{Path, PathBuf};

use super::environment::{Env, add_own};
use super::program::{Place, programs_of};
use super::{Command, Host, Listen};

/// Folders of virtual environments beside `main.py`, as installers name them.
const VENVS: [&str; 3] = ["venv", ".venv", "env"];

/// The start of a checkout.
pub(super) fn command(folder: &Path, args: &[String], host: &Host) -> Result<Command, String> {
    let named = host.path(&host.folder, &folder.to_string_lossy());
    // A portable build has it one folder down.
    let inside = [named.clone(), named.join("ComfyUI")];
    let folder = inside.into_iter().find(|folder| folder.join("main.py").is_file());
    let folder = folder.ok_or_else(|| format!("there is no main.py in {}", named.display()))?;
    let mut env = Env::new();
    let (program, mut all) = python(&folder, host, &env)
        .ok_or_else(|| format!("there is no Python for {}: no venv in it, none on the PATH", folder.display()))?;
    add_own(&mut env, host);
    all.push("main.py".to_owned());
    all.extend(args.iter().cloned());
    let listen = Listen::of(args.iter().map(String::as_str))?;
    Ok(Command { program, args: all, env, folder, listen, left_out: Vec::new() })
}

/// The Python of the checkout, and its options.
fn python(folder: &Path, host: &Host, env: &Env) -> Option<(PathBuf, Vec<String>)> {
    let name = if host.windows { "python.exe" } else { "python" };
    let venvs = VENVS.iter().map(|venv| programs_of(&folder.join(venv), host).join(name));
    if let Some(python) = venvs.into_iter().find(|python| python.is_file()) {
        return Some((python, Vec::new()));
    }
    let around = folder.parent().unwrap_or(folder);
    let portable = [folder, around].map(|folder| folder.join("python_embeded").join(name));
    if let Some(python) = portable.into_iter().find(|python| python.is_file()) {
        // As its own scripts do: without the packages of the user.
        return Some((python, vec!["-s".to_owned()]));
    }
    let place = Place { host, folder, env };
    ["python3", "python"].iter().find_map(|name| place.program(name)).map(|python| (python, Vec::new()))
}
