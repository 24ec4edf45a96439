//! The JSON schemas in `schemas/`: of wanlint.toml, which editors use, and of the JSON reports. Made of the types here and of
//! [`Config`](crate::config::Config) by the tests alone, so that the program carries none of it.
//!
//! `UPDATE_SCHEMAS=1 cargo test --lib schemas` writes them anew.

mod check;
mod vram;

use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// A schema as text, with its title and what it is about: of what is read, or of what is written, where every field is there.
fn text<T: JsonSchema>(settings: SchemaSettings, title: &str, about: &str) -> String {
    let mut value: Value = settings.into_generator().into_root_schema_for::<T>().into();
    value["title"] = title.into();
    value["description"] = about.into();
    format!("{value:#}\n")
}

fn read() -> SchemaSettings {
    SchemaSettings::draft2020_12()
}

fn written() -> SchemaSettings {
    read().for_serialize()
}

fn all() -> [(&'static str, String); 3] {
    [
        (
            "wanlint.toml.schema.json",
            text::<crate::config::Config>(read(), "wanlint.toml", "What a project says about itself to wanlint."),
        ),
        (
            "check.schema.json",
            text::<check::Check>(written(), "Report of wanlint check", "wanlint check --output-format json, schema 1."),
        ),
        (
            "vram.schema.json",
            text::<vram::Report>(written(), "Report of wanlint vram", "wanlint vram --output-format json, schema 1."),
        ),
    ]
}

#[test]
fn schemas_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (name, text) in all() {
        let path = folder.join(name);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(there == text, "schemas/{name} is stale: UPDATE_SCHEMAS=1 cargo test --lib schemas");
    }
}
