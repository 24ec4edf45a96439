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

/// What goes with some members: the comma and the blanks up to the next one that stays, or those behind the last one that stays.
pub(super) fn gone(container: JsonRef<'_>, members: &[Span]) -> Option<Vec<Span>> {
    let (all, around) = (all(container), container.span());
    if members.iter().any(|member| !all.contains(member)) {
        return None;
    }
    let mut spans = Vec::new();
    let mut kept = None;
    let mut open: Option<Span> = None;
    for span in all {
        match (members.contains(&span), open) {
            (true, None) => open = Some(span),
            (true, Some(first)) => open = Some(first.to(span)),
            (false, _) => {
                spans.extend(open.take().map(|run| Span::new(run.start, span.start)));
                kept = Some(span);
            }
        }
    }
    spans.extend(open.map(|run| match kept {
        Some(before) => Span::new(before.end, run.end),
        None => Span::new(around.start + 1, around.end - 1),
    }));
    Some(spans)
}

/// [`gone`] of one member.
pub(super) fn one_gone(container: JsonRef<'_>, member: Span) -> Option<Span> {
    gone(container, &[member])?.pop()
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
                new.replace_range(one_gone(root, member).unwrap().range(), "");
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
        let several = |text: &str, numbers: &[usize]| {
            let doc = JsonDoc::parse(text).unwrap();
            let root = doc.root(text).unwrap();
            let members: Vec<Span> = numbers.iter().map(|&number| all(root)[number]).collect();
            let mut new = text.to_owned();
            gone(root, &members).unwrap().iter().rev().for_each(|span| new.replace_range(span.range(), ""));
            new
        };
        assert_eq!(several("[1, 2, 3, 4]", &[1, 2]), "[1, 4]");
        assert_eq!(several("[1, 2, 3, 4]", &[0, 3]), "[2, 3]");
        assert_eq!(several("[1, 2, 3, 4]", &[2, 3]), "[1, 2]");
        assert_eq!(several("[\n  1,\n  2\n]", &[0, 1]), "[]");
        let (one, none) = ("[ 1 ]", "[ ]");
        let doc = JsonDoc::parse(one).unwrap();
        assert_eq!(one_gone(doc.root(one).unwrap(), Span::new(2, 3)), Some(Span::new(1, 4)));
        assert_eq!(gap(none, JsonDoc::parse(none).unwrap().root(none).unwrap()), None);
    }
}
