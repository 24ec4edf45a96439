//! A value as the browser holds it: written in the file, made of what is written, or the schema's default.

use std::borrow::Cow;

use super::graph::Value;
use crate::read::json::{JsonDoc, JsonRef};

/// A value with everything that a lossless conversion needs.
#[derive(Clone)]
pub(super) enum Content<'a> {
    /// As it is written.
    Json(JsonRef<'a>),
    /// A text that the browser made of something that is none.
    Text(String),
    /// A number that a PrimitiveNode rounded.
    Number(f64),
    /// JSON that the file does not hold: a default.
    Default(Cow<'static, str>),
}

impl<'a> Content<'a> {
    /// The literal; lists and objects are `Other`.
    pub fn value(&self) -> Value {
        match self {
            Self::Json(json) => Value::literal(*json),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Number(number) => Value::Float(*number),
            Self::Default(text) => {
                let doc = JsonDoc::parse(text).ok();
                doc.as_ref().and_then(|doc| doc.root(text)).map_or(Value::Null, Value::literal)
            }
        }
    }
}
