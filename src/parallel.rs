//! Work on many files at once.

use rayon::prelude::*;

/// Fewer files than these are worked on one after the other: to start threads takes longer.
const MANY: usize = 4;

/// What `work` makes of each item and its place in the list, in the order of the list.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    if items.len() < MANY || is_alone() {
        return items.iter().enumerate().map(|(index, item)| work(index, item)).collect();
    }
    items.par_iter().enumerate().map(|(index, item)| work(index, item)).collect()
}

/// True where rayon would have one thread: it would work while this one waits, on memory of its own.
fn is_alone() -> bool {
    std::env::var_os("RAYON_NUM_THREADS").is_some_and(|count| count == "1")
}
