//! Any JSON: keys written twice, numbers that are none.

use super::{MOST, Structure, Twice};
use crate::read::json::{JsonRef, Kind};

/// Goes through all values without recursion.
pub(super) fn scan(root: JsonRef<'_>, out: &mut Structure) {
    let mut stack = vec![root];
    let mut keys: Vec<(JsonRef<'_>, JsonRef<'_>)> = Vec::new();
    while let Some(value) = stack.pop() {
        match value.kind() {
            Kind::Object => {
                keys.clear();
                keys.extend(value.entries());
                if may_repeat(&keys) {
                    repeated(&keys, out);
                }
                stack.extend(keys.iter().map(|(_, value)| *value).filter(|value| is_open(*value)));
            }
            Kind::Array => stack.extend(value.items().filter(|value| is_open(*value))),
            Kind::NonFinite if out.not_finite.len() < MOST => out.not_finite.push(value.span()),
            _ => {}
        }
    }
    out.not_finite.sort_by_key(|span| span.start);
    out.twice.sort_by_key(|twice| twice.first.start);
}

fn is_open(value: JsonRef<'_>) -> bool {
    matches!(value.kind(), Kind::Object | Kind::Array | Kind::NonFinite)
}

/// A cheap look first: two keys of the same length with the same first and last letter are rare.
fn may_repeat(keys: &[(JsonRef<'_>, JsonRef<'_>)]) -> bool {
    let mut seen = 0u64;
    keys.len() > 1
        && keys.iter().any(|(key, _)| {
            let bytes = key.raw().as_bytes();
            let letter = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default());
            let mark = 1u64 << ((bytes.len() * 31 + letter(1) * 7 + letter(bytes.len().saturating_sub(2))) & 63);
            let met = seen & mark != 0;
            seen |= mark;
            met
        })
}

fn repeated(keys: &[(JsonRef<'_>, JsonRef<'_>)], out: &mut Structure) {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    // Escapes make the same key of different texts; those are decoded, all others are compared as they stand.
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
