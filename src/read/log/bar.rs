//! Progress bars of tqdm: `100%|####| 2/2 [00:34<00:00, 17.38s/it]`.

/// A progress bar at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Steps done and all steps; `None` where an excerpt lost them.
    pub steps: Option<(u32, u32)>,
    /// Seconds a step, as the bar shows them; `None` before the first step is done.
    pub seconds: Option<f64>,
}

impl Bar {
    /// A later state of the same bar.
    pub(super) fn follows(&self, last: &Self) -> bool {
        match (self.steps, last.steps) {
            (Some((now, all)), Some((before, of))) => all == of && now >= before && before < of,
            _ => false,
        }
    }

    /// All steps are done.
    pub fn is_complete(&self) -> bool {
        self.steps.is_none_or(|(done, all)| done >= all)
    }
}

/// A bar in a line; the last one where several stand in it.
pub(super) fn read(text: &str) -> Option<Bar> {
    let (at, per_second) = rate(text)?;
    let before = text.get(..at)?;
    let digits = super::digits_at_end(before);
    let head = before.get(..before.len() - digits.len())?;
    let value: Option<f64> = digits.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0);
    if value.is_none() && !head.ends_with('?') {
        return None;
    }
    let seconds = value.map(|value| if per_second { 1.0 / value } else { value });
    Some(Bar { steps: steps(head), seconds })
}

/// Where the unit of a rate stands, and whether it is steps a second.
fn rate(text: &str) -> Option<(usize, bool)> {
    let unit = |name: &str| text.rfind(name);
    match (unit("s/it"), unit("it/s")) {
        (Some(slow), Some(fast)) if fast > slow => Some((fast, true)),
        (Some(slow), _) => Some((slow, false)),
        (None, Some(fast)) => Some((fast, true)),
        (None, None) => None,
    }
}

/// The last `2/2` in front of the rate.
fn steps(head: &str) -> Option<(u32, u32)> {
    let words = head.split(|letter: char| letter.is_whitespace() || matches!(letter, '|' | '[' | ','));
    let pairs = words.filter_map(|word| word.split_once('/'));
    pairs.filter_map(|(done, all)| Some((done.parse().ok()?, all.parse().ok()?))).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_of_public_logs() {
        let bar = |text: &str| read(text).map(|bar| (bar.steps, bar.seconds));
        assert_eq!(bar("100%|\u{2588}\u{2588}| 2/2 [00:34<00:00, 17.38s/it]"), Some((Some((2, 2)), Some(17.38))));
        assert_eq!(bar("1/1 [00:00<00:00,  1.25it/s]"), Some((Some((1, 1)), Some(0.8))));
        assert_eq!(bar("  0%|          | 0/20 [00:00<?, ?it/s]"), Some((Some((0, 20)), None)));
        assert_eq!(bar("4/4 [10:00<00:00, 150.19s/it]"), Some((Some((4, 4)), Some(150.19))));
        assert_eq!(bar("COMFY = 34:21<00:00, 82.46s/it ; x"), Some((None, Some(82.46))));
        for none in ["took 30 s/it", "s/it", "xs/it", "\u{e9}s/it", "0it/s", ""] {
            assert_eq!(bar(none), None, "{none}");
        }
    }
}
