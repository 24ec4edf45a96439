//! How long nodes and their steps take, by what is told while they run.

use std::time::Instant;

use super::watch::Moment;

/// The time of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeTime {
    /// Its id in the prompt.
    pub node: String,
    /// From its beginning to that of the next node, seconds; `None`: it did not end.
    pub seconds: Option<f64>,
    /// Steps that were done, of a node that counts them.
    pub steps: u32,
    /// Seconds from step to step, without the first one: models are loaded before it. `None` where less than two were seen.
    pub seconds_per_step: Option<f64>,
    /// Seconds of each step, the first one from the beginning of the node; steps that were told of together share their time.
    pub each: Vec<f64>,
}

/// Takes moments as they come.
#[derive(Debug, Default)]
pub struct Times {
    nodes: Vec<NodeTime>,
    open: Option<Open>,
}

/// The node that runs.
#[derive(Debug)]
struct Open {
    node: String,
    begun: Instant,
    first: Option<(f64, Instant)>,
    last: Option<(f64, Instant)>,
    each: Vec<f64>,
}

/// Most steps whose times are kept.
const MOST_STEPS: f64 = 10_000.0;

impl Times {
    /// What is told of the prompt, and when. Late and repeated moments change nothing.
    pub fn take(&mut self, moment: &Moment, now: Instant) {
        match moment {
            Moment::Node(node) if self.open.as_ref().is_none_or(|open| open.node != *node) => {
                self.end(now);
                self.open = Some(Open { node: node.clone(), begun: now, first: None, last: None, each: Vec::new() });
            }
            Moment::Step { node, value, .. } => {
                let Some(open) = self.open.as_mut().filter(|open| open.node == *node) else { return };
                if open.last.is_none_or(|(done, _)| *value > done) && *value >= 1.0 {
                    open.step(*value, now);
                    open.first.get_or_insert((*value, now));
                    open.last = Some((*value, now));
                }
            }
            _ => {}
        }
    }

    /// Nothing runs any more.
    pub fn end(&mut self, now: Instant) {
        self.nodes.extend(self.open.take().map(|open| open.time(Some(now))));
    }

    /// The nodes that ran, in order; the one that still runs without its end.
    pub fn nodes(&self) -> Vec<NodeTime> {
        let open = self.open.as_ref().map(|open| open.time(None));
        self.nodes.iter().cloned().chain(open).collect()
    }
}

impl Open {
    /// So many steps are done now.
    fn step(&mut self, value: f64, now: Instant) {
        let (done, since) = self.last.unwrap_or((0.0, self.begun));
        let new = (value.min(MOST_STEPS) - done).floor().max(0.0);
        let each = (now - since).as_secs_f64() / new.max(1.0);
        self.each.extend(std::iter::repeat_n(each, new as usize));
    }

    fn time(&self, end: Option<Instant>) -> NodeTime {
        let per_step = self.first.zip(self.last).and_then(|((first, begun), (last, ended))| {
            (last > first).then(|| (ended - begun).as_secs_f64() / (last - first))
        });
        NodeTime {
            node: self.node.clone(),
            seconds: end.map(|end| (end - self.begun).as_secs_f64()),
            steps: self.last.map_or(0, |(done, _)| done as u32),
            seconds_per_step: per_step,
            each: self.each.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn nodes_and_steps() {
        let begun = Instant::now();
        let mut times = Times::default();
        let node = |node: &str| Moment::Node(node.to_owned());
        let step = |node: &str, value: f64| Moment::Step { node: node.to_owned(), value, max: 4.0 };
        for (at, moment) in [
            (0, node("3")),
            (30, step("3", 1.0)),
            (40, step("3", 2.0)),
            (41, step("3", 2.0)),
            (41, node("3")),
            (45, step("8", 1.0)),
            (60, step("3", 4.0)),
            (61, node("8")),
        ] {
            times.take(&moment, begun + Duration::from_secs(at));
        }
        times.end(begun + Duration::from_secs(65));
        times.end(begun + Duration::from_secs(66));
        let sampler = NodeTime {
            node: "3".to_owned(),
            seconds: Some(61.0),
            steps: 4,
            seconds_per_step: Some(10.0),
            each: vec![30.0, 10.0, 10.0, 10.0],
        };
        let decoder =
            NodeTime { node: "8".to_owned(), seconds: Some(4.0), steps: 0, seconds_per_step: None, each: Vec::new() };
        assert_eq!(times.nodes(), [sampler, decoder]);
    }
}
