//! Members of objects and elements of lists, taken out and put in as the text around them is laid out.

use crate::read::json::JsonRef;
use crate::span::Span;

/// The members of an object (key and value) or the elements of a list; nothing for anything else.
pub(super) fn all(container: JsonRef<'_>) -> Vec<Span> {
    match container.is_object() {
        true => container.entries().map(|(key, value)| key.span().to(value.span())).collect(),
        false => container.items().map(|item| item.span()).collect(),
    }
}

/// What goes with a member: the comma and the blanks up to the next one, or those in front of the last.
pub(super) fn gone(container: JsonRef<'_>, member: Span) -> Option<Span> {
    let (all, around) = (all(container), container.span());
    let at = all.iter().position(|span| *span == member)?;
    Some(match (at.checked_sub(1).and_then(|before| all.get(before)), all.get(at + 1)) {
        (_, Some(next)) => Span::new(member.start, next.start),
        (Some(before), None) => Span::new(before.end, member.end),
        (None, None) => Span::new(around.start + 1, around.end - 1),
    })
}

/// Where a new last member comes in, and the comma and blanks in front of it; `None` for an empty container, which shows no layout.
pub(super) fn gap(text: &str, container: JsonRef<'_>) -> Option<(Span, String)> {
    let all = all(container);
    let last = *all.last()?;
    let gap = match all.len().checked_sub(2).and_then(|at| all.get(at)) {
        Some(before) => text.get(before.end as usize..last.start as usize)?.to_owned(),
        None => format!(",{}", text.get(container.span().start as usize + 1..last.start as usize)?),
    };
    Some((Span::new(last.end, last.end), gap))
}

/// The colon and the blanks around it, as the last member of an object has them.
pub(super) fn colon<'a>(text: &'a str, object: JsonRef<'_>) -> Option<&'a str> {
    let (key, value) = object.entries().last()?;
    text.get(key.span().end as usize..value.span().start as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::json::JsonDoc;

    #[test]
    fn members_come_and_go_as_the_text_is_laid_out() {
        for (text, without) in [
            (
                "{\"a\": 1,\n  \"b\": 2,\n  \"c\": 3}",
                ["{\"b\": 2,\n  \"c\": 3}", "{\"a\": 1,\n  \"c\": 3}", "{\"a\": 1,\n  \"b\": 2}"],
            ),
            ("[1,[2],3]", ["[[2],3]", "[1,3]", "[1,[2]]"]),
        ] {
            let doc = JsonDoc::parse(text).unwrap();
            let root = doc.root(text).unwrap();
            for (member, expected) in all(root).into_iter().zip(without) {
                let mut new = text.to_owned();
                new.replace_range(gone(root, member).unwrap().range(), "");
                assert_eq!(new, expected);
            }
        }
        for (text, more) in [("[1, 2]", "[1, 2, 3]"), ("[\r\n\t1\r\n]", "[\r\n\t1,\r\n\t3\r\n]"), ("[1]", "[1,3]")] {
            let doc = JsonDoc::parse(text).unwrap();
            let (at, gap) = gap(text, doc.root(text).unwrap()).unwrap();
            let mut new = text.to_owned();
            new.insert_str(at.start as usize, &(gap + "3"));
            assert_eq!(new, more);
        }
        let (one, none) = ("[ 1 ]", "[ ]");
        let doc = JsonDoc::parse(one).unwrap();
        assert_eq!(gone(doc.root(one).unwrap(), Span::new(2, 3)), Some(Span::new(1, 4)));
        assert_eq!(gap(none, JsonDoc::parse(none).unwrap().root(none).unwrap()), None);
    }
}
