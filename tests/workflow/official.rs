//! Where the official workflow templates are (Python package comfyui-workflow-templates-json).

use std::path::{Path, PathBuf};

/// The folder that holds the templates, wherever below the given one the package put it. A folder that was given and holds
/// none is a mistake.
pub fn templates() -> Option<PathBuf> {
    let stated = std::env::var_os("WANLINT_TEMPLATES").map(PathBuf::from);
    let root = stated.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/templates"));
    if stated.is_none() && !root.is_dir() {
        println!("skipped: no official templates in target/templates, set WANLINT_TEMPLATES");
        return None;
    }
    let mut below =
        ["", "templates", "comfyui_workflow_templates_json/templates"].map(|folder| root.join(folder)).into_iter();
    let found = below.find(|folder| folder.join("index.json").is_file());
    Some(found.unwrap_or_else(|| panic!("{} holds no official templates", root.display())))
}
