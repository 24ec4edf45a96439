//! The Wan model files by official name, `catalog/models.toml`, as the elements of a constant list.

use std::path::Path;

use serde::Deserialize;

const FILE: &str = "catalog/models.toml";

#[derive(Deserialize)]
struct Table {
    model: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    names: Vec<String>,
    storage: Vec<String>,
    kind: String,
    class: String,
    in_dim: Option<u32>,
    #[serde(default)]
    img_emb: bool,
    #[serde(default)]
    flf_tokens: u32,
    #[serde(default)]
    vace_layers: u32,
    #[serde(default)]
    vace_in_dim: u32,
    #[serde(default)]
    ref_conv_in: u32,
    #[serde(default)]
    camera_in: u32,
    #[serde(default)]
    scale_input: bool,
}

/// Writes `models.rs`.
pub fn write(out: &Path) -> Result<(), String> {
    println!("cargo:rerun-if-changed={FILE}");
    let text = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let table: Table = toml::from_str(&text).map_err(|error| format!("{FILE}: {error}"))?;
    let entries: Vec<String> = table.model.iter().map(entry).collect();
    std::fs::write(out.join("models.rs"), format!("&[\n{}]\n", entries.concat())).map_err(|error| error.to_string())
}

fn entry(entry: &Entry) -> String {
    let Entry { names, storage, kind, class, in_dim, img_emb, flf_tokens, .. } = entry;
    let Entry { vace_layers, vace_in_dim, ref_conv_in, camera_in, scale_input, .. } = entry;
    format!(
        "Entry {{ names: &{names:?}, storage: &{storage:?}, kind: {kind:?}, class: {class:?}, in_dim: {in_dim:?}, \
         img_emb: {img_emb}, flf_tokens: {flf_tokens}, vace_layers: {vace_layers}, vace_in_dim: {vace_in_dim}, \
         ref_conv_in: {ref_conv_in}, camera_in: {camera_in}, scale_input: {scale_input} }},\n"
    )
}
