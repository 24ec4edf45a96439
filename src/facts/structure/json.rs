//! Any JSON: keys written twice, numbers that are none.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::{MOST, Structure, Twice};
use crate::read::json::JsonRef;

/// Looks at what the reader noted of the whole text.
pub(super) fn scan(root: JsonRef<'_>, out: &mut Structure) {
    for object in root.doubtful().filter(|object| may_repeat(*object)) {
        repeated(&object.entries().collect::<Vec<_>>(), out);
    }
    out.twice.sort_by_key(|twice| twice.first.start);
    out.not_finite.extend(root.not_finite().take(MOST).map(|number| number.span()));
}

/// A second look at an object, by hashes of its decoded keys: nearly none is left to sort.
fn may_repeat(object: JsonRef<'_>) -> bool {
    let hash = |key: JsonRef<'_>| FixedState::default().hash_one(key.name());
    let mut hashes: Vec<u64> = object.entries().map(|(key, _)| hash(key)).collect();
    hashes.sort_unstable();
    hashes.windows(2).any(|pair| pair[0] == pair[1])
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
                last: last.span().to(two.span()),
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
        assert_eq!(
            twice(r#"{"a":{"b":{"a":[{"a":1}]}},"b":{"a":1},"a":2}"#).len(),
            1,
            "objects inside have the key too"
        );
        assert_eq!(twice(r#"{"a":{"b":1,"c":{"b":2}},"b":{"a":1},"c":2}"#), []);
        assert_eq!(twice(r#"{"":1,"":1}"#).len(), 1);
    }
}
