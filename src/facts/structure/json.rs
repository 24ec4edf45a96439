//! Any JSON: keys written twice, numbers that are none.

use super::{MOST, Structure, Twice};
use crate::read::json::{JsonRef, Kind};

/// Goes through all values in the order of the text.
pub(super) fn scan(root: JsonRef<'_>, out: &mut Structure) {
    let mut seen = Seen::new();
    for value in root.all() {
        match value.kind() {
            Kind::Object if seen.may_repeat(value) => repeated(&value.entries().collect::<Vec<_>>(), out),
            Kind::NonFinite if out.not_finite.len() < MOST => out.not_finite.push(value.span()),
            _ => {}
        }
    }
    out.twice.sort_by_key(|twice| twice.first.start);
}

/// Which hashes of keys were met, and in which object last: nothing is to be cleared from one object to the next.
struct Seen {
    object: u32,
    last: Vec<u32>,
}

impl Seen {
    /// Hashes that are told apart: with the dozen of keys that a node has, one object in thirty has two that are equal.
    const HASHES: usize = 2048;

    fn new() -> Self {
        Self { object: 0, last: vec![0; Self::HASHES] }
    }

    /// A cheap look first: keys that are written twice are rare.
    fn may_repeat(&mut self, object: JsonRef<'_>) -> bool {
        self.object += 1;
        object.entries().any(|(key, _)| {
            let last = &mut self.last[key.mark() as usize % Self::HASHES];
            // Escapes make one key of different texts.
            std::mem::replace(last, self.object) == self.object || key.kind() == Kind::EscapedText
        })
    }
}

fn repeated(keys: &[(JsonRef<'_>, JsonRef<'_>)], out: &mut Structure) {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    // Keys with escapes are decoded, all others are compared as they stand.
    order.sort_by(|&a, &b| keys[a].0.as_str().cmp(&keys[b].0.as_str()).then(a.cmp(&b)));
    for pair in order.windows(2) {
        let [(first, one), (last, two)] = [keys[pair[0]], keys[pair[1]]];
        let Some(key) = last.as_str().filter(|key| first.as_str().as_ref() == Some(key)) else { continue };
        if out.twice.len() < MOST {
            let same = one.raw() == two.raw();
            out.twice.push(Twice {
                key: key.into_owned(),
                first: first.span().to(one.span()),
                last: last.span(),
                same,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::json::JsonDoc;

    #[test]
    fn keys_that_are_written_twice_are_found() {
        let twice = |text: &str| {
            let (doc, mut out) = (JsonDoc::parse(text).unwrap(), Structure::default());
            scan(doc.root(text).unwrap(), &mut out);
            out.twice.into_iter().map(|twice| (twice.key, twice.same)).collect::<Vec<_>>()
        };
        assert_eq!(twice(r#"{"a":1,"a":2}"#), [("a".to_owned(), false)]);
        assert_eq!(twice(r#"[{"a":1,"b":{"a":3}},{"a":1,"\u0061":1}]"#), [("a".to_owned(), true)]);
        assert_eq!(twice(r#"{"values.a.image0":1,"values.b.image0":2}"#), []);
        assert_eq!(twice(r#"{"values.a.image0":1,"c":"values.a.image0","values.a.image0":1}"#).len(), 1);
    }
}
