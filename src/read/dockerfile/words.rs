//! Words of an instruction: quotes, escapes and variables as Docker itself (not a shell) understands them.

use super::super::traced::{Byte, MAX_VALUE, Variables, closing, name_length, text_of};

/// Deepest nesting of `${X:-${Y}}` that is followed.
const MAX_DEPTH: usize = 8;

/// What expansion needs to know.
pub(super) struct Scope<'a> {
    pub variables: &'a mut Variables,
    pub escape: u8,
}

/// Expands bytes into words at blanks outside quotes; with `whole` everything is one word.
pub(super) fn words(bytes: &[Byte], scope: &mut Scope<'_>, whole: bool) -> Vec<Vec<Byte>> {
    let mut run = Run { scope, whole, done: Vec::new(), open: Vec::new(), started: false, expanded: 0 };
    run.scan(bytes, 0);
    if run.started {
        run.done.push(run.open);
    }
    run.done
}

struct Run<'a, 'b> {
    scope: &'a mut Scope<'b>,
    whole: bool,
    done: Vec<Vec<Byte>>,
    open: Vec<Byte>,
    started: bool,
    expanded: usize,
}

impl Run<'_, '_> {
    fn scan(&mut self, bytes: &[Byte], depth: usize) {
        let (mut index, mut quote) = (0, 0);
        while let Some(&byte) = bytes.get(index) {
            let value = byte.value;
            if byte.is_blank() && quote == 0 && !self.whole && depth == 0 {
                if std::mem::take(&mut self.started) {
                    self.done.push(std::mem::take(&mut self.open));
                }
                index += 1;
                continue;
            }
            self.started = true;
            match value {
                b'\'' | b'"' if quote == 0 => quote = value,
                _ if quote == value => quote = 0,
                _ if value == self.scope.escape && quote != b'\'' => {
                    index += 1;
                    self.open.extend(bytes.get(index));
                }
                b'$' if quote != b'\'' => {
                    index = self.dollar(bytes, index, depth);
                    continue;
                }
                _ => self.open.push(byte),
            }
            index += 1;
        }
    }

    /// `$X`, `${X}`, `${X:-d}`; everything else stays as written, unknown. Returns the index behind it.
    fn dollar(&mut self, bytes: &[Byte], at: usize, depth: usize) -> usize {
        let braced = bytes.get(at + 1).is_some_and(|byte| byte.value == b'{');
        let start = at + 1 + usize::from(braced);
        let after = start + name_length(&bytes[start.min(bytes.len())..]);
        if after == start && !braced {
            self.open.extend(bytes.get(at));
            return at + 1;
        }
        let end = if braced { closing(bytes, at + 1) } else { after };
        let name = text_of(&bytes[start..after]);
        let closed = braced && bytes[end - 1].value == b'}';
        let body = bytes.get(after..end.saturating_sub(1)).filter(|_| closed).unwrap_or_default();
        match (self.value(&name), body) {
            (Some(value), [] | [Byte { value: b':' | b'-', .. }, ..]) => self.open.extend(value),
            (None, [colon, dash, default @ ..])
                if colon.value == b':' && dash.value == b'-' && depth < MAX_DEPTH && !name.is_empty() =>
            {
                let from = self.open.len();
                self.scan(default, depth + 1);
                self.open[from..].iter_mut().for_each(|byte| byte.unknown = true);
            }
            _ => self.open.extend(bytes[at..end].iter().map(|&byte| Byte { unknown: true, ..byte })),
        }
        end
    }

    fn value(&mut self, name: &str) -> Option<Vec<Byte>> {
        let (value, exact) = self.scope.variables.get(name, |_| true)?;
        self.expanded += value.len();
        let fits = self.expanded <= MAX_VALUE;
        fits.then(|| value.iter().map(|&byte| Byte { unknown: byte.unknown || !exact, ..byte }).collect())
    }
}

/// The strings of the exec form `["python", "main.py"]`; `None` when it is not a JSON list of strings.
pub(super) fn exec_form(bytes: &[Byte]) -> Option<Vec<Vec<Byte>>> {
    let (first, rest) = bytes.split_first()?;
    let (last, inner) = rest.split_last()?;
    if first.value != b'[' || last.value != b']' {
        return None;
    }
    let (mut list, mut bytes) = (Vec::new(), super::super::piece::trim(inner));
    while let Some((quote, rest)) = bytes.split_first() {
        let (text, after) = string(rest).filter(|_| quote.value == b'"')?;
        list.push(text);
        let after = super::super::piece::trim(after);
        bytes = match after.split_first() {
            Some((comma, rest)) if comma.value == b',' && !super::super::piece::trim(rest).is_empty() => {
                super::super::piece::trim(rest)
            }
            Some(_) => return None,
            None => after,
        };
    }
    Some(list)
}

/// A JSON string behind its opening quote, and what follows it.
fn string(bytes: &[Byte]) -> Option<(Vec<Byte>, &[Byte])> {
    let (mut text, mut index) = (Vec::new(), 0);
    loop {
        let byte = *bytes.get(index)?;
        match byte.value {
            b'"' => return Some((text, &bytes[index + 1..])),
            b'\\' => {
                index += 1;
                let escaped = *bytes.get(index)?;
                let value = match escaped.value {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'u' => return None,
                    other => other,
                };
                text.push(Byte { value, live: false, ..escaped });
            }
            _ => text.push(byte),
        }
        index += 1;
    }
}
