//! The prompt as it is sent. Its bytes are what was verified, and their hash says so.

use sha2::{Digest as _, Sha256};

use crate::read::json::{JsonDoc, JsonRef, Kind};
use crate::text::hex;

/// A prompt that is ready for `POST /prompt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    json: String,
    hash: String,
    id: String,
    workflow: Option<String>,
    partner: bool,
}

impl Prompt {
    /// A prompt with an id of its own: a lowercase UUID4, as every ComfyUI takes it (0.25.0 and later take nothing else).
    pub fn new(json: String) -> Self {
        let hash = hex(&Sha256::digest(json.as_bytes()));
        Self { json, hash, id: fresh_id(), workflow: None, partner: false }
    }

    /// With the saved workflow that it was made from, as JSON: nodes that save pictures and videos write it into them, so that the
    /// browser can open them.
    #[must_use]
    pub fn with_workflow(self, workflow: Option<String>) -> Self {
        Self { workflow, ..self }
    }

    /// With a node that calls a paid service: only then an API key goes with it.
    #[must_use]
    pub fn with_partner(self, partner: bool) -> Self {
        Self { partner, ..self }
    }

    /// The graph: what is verified and hashed, byte for byte the `prompt` of the request.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// SHA-256 of [`Self::json`], in hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The id that the server is asked to use.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// True when one of its nodes calls a paid service, which asks for an API key.
    pub fn needs_key(&self) -> bool {
        self.partner
    }

    /// The body of `POST /prompt`. `key` is left out where no node needs it. Previews are switched off for this prompt alone (ComfyUI
    /// 0.5.0 and later; before, `extra_data` with unknown members is taken and kept).
    pub fn body(&self, client_id: &str, key: Option<&str>) -> String {
        let mut extra = vec!["\"preview_method\":\"none\"".to_owned()];
        extra.extend(self.workflow.as_ref().map(|workflow| format!("\"extra_pnginfo\":{{\"workflow\":{workflow}}}")));
        let key = key.filter(|_| self.partner);
        extra.extend(key.map(|key| format!("\"api_key_comfy_org\":{}", quoted(key))));
        format!(
            "{{\"prompt\":{},\"prompt_id\":{},\"client_id\":{},\"extra_data\":{{{}}}}}",
            self.json,
            quoted(&self.id),
            quoted(client_id),
            extra.join(",")
        )
    }
}

/// A new lowercase UUID4: for prompts and for clients.
pub fn fresh_id() -> String {
    uuid::Uuid::new_v4().hyphenated().to_string()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An API prompt in which every node has a title in its `_meta`: without it ComfyUI 0.14.0 and later fail with status 500 where they
/// would replace a node that has a successor. Titles are no part of what runs.
pub fn titled(json: &str) -> String {
    let doc = JsonDoc::parse(json).unwrap_or_default();
    let mut out = json.to_owned();
    let nodes: Vec<JsonRef<'_>> =
        doc.root(json).into_iter().flat_map(|root| root.entries()).map(|(_, node)| node).collect();
    // From the end, so that the places in front stay where they are.
    for node in nodes.into_iter().rev().filter(|node| node.is_object()) {
        if let Some((at, text)) = title(node) {
            out.replace_range(at, &text);
        }
    }
    out
}

/// What a node lacks of its title, and where it goes.
fn title(node: JsonRef<'_>) -> Option<(std::ops::Range<usize>, String)> {
    let class = node.get("class_type").and_then(|class| class.as_str()).unwrap_or_default();
    let title = format!("\"title\":{}", quoted(&class));
    let inside = |object: JsonRef<'_>, member: String| {
        let at = object.span().end as usize - 1;
        let comma = if object.entries().next().is_some() { "," } else { "" };
        (at..at, format!("{comma}{member}"))
    };
    match node.get("_meta") {
        None => Some(inside(node, format!("\"_meta\":{{{title}}}"))),
        Some(meta) if !meta.is_object() => Some((meta.span().range(), format!("{{{title}}}"))),
        Some(meta) => match meta.get("title") {
            None => Some(inside(meta, title)),
            Some(old) if !matches!(old.kind(), Kind::Text | Kind::EscapedText) => {
                Some((old.span().range(), quoted(&class)))
            }
            Some(_) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_gets_a_title_and_nothing_else_changes() {
        for (json, expected) in [
            (r#"{"1":{"class_type":"A"}}"#, r#"{"1":{"class_type":"A","_meta":{"title":"A"}}}"#),
            (r#"{"1":{"class_type":"A","_meta":{}},"2":3}"#, r#"{"1":{"class_type":"A","_meta":{"title":"A"}},"2":3}"#),
            (r#"{"1":{"class_type":"A","_meta":{"x":1}}}"#, r#"{"1":{"class_type":"A","_meta":{"x":1,"title":"A"}}}"#),
            (r#"{"1":{"class_type":"A","_meta":null}}"#, r#"{"1":{"class_type":"A","_meta":{"title":"A"}}}"#),
            (r#"{"1":{"class_type":"A","_meta":{"title":5}}}"#, r#"{"1":{"class_type":"A","_meta":{"title":"A"}}}"#),
            (
                r#"{"1":{"class_type":"A","_meta":{"title":"mine"}}}"#,
                r#"{"1":{"class_type":"A","_meta":{"title":"mine"}}}"#,
            ),
            (r#"{"1":{}}"#, r#"{"1":{"_meta":{"title":""}}}"#),
        ] {
            assert_eq!(titled(json), expected);
        }
    }

    #[test]
    fn the_key_goes_only_where_it_is_needed() {
        let prompt = Prompt::new("{}".to_owned()).with_workflow(Some("{\"nodes\":[]}".to_owned()));
        let body =
            |prompt: &Prompt| serde_json::from_str::<serde_json::Value>(&prompt.body("me", Some("secret"))).unwrap();
        let plain = body(&prompt);
        assert_eq!(plain["extra_data"]["api_key_comfy_org"], serde_json::Value::Null);
        assert_eq!(plain["extra_data"]["extra_pnginfo"]["workflow"]["nodes"], serde_json::json!([]));
        assert_eq!((plain["client_id"].as_str(), plain["prompt_id"].as_str()), (Some("me"), Some(prompt.id())));
        assert_eq!(body(&prompt.with_partner(true))["extra_data"]["api_key_comfy_org"], "secret");
    }

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        let [one, two] = ["{}", "{} "].map(|json| Prompt::new(json.to_owned()));
        assert_eq!(one.hash(), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_ne!(one.hash(), two.hash());
        assert_ne!(one.id(), two.id());
    }
}
