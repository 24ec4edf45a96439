//! The trees that run now, so that a panic and a second Ctrl-C can end them.

use std::io;
use std::process::{ChildStderr, ChildStdout};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::time::Duration;

use crate::platform::tree::Tree;

static RUNNING: Mutex<Vec<Arc<Mutex<Tree>>>> = Mutex::new(Vec::new());

/// The output of a program, and what it complains about.
type Output = (Option<ChildStdout>, Option<ChildStderr>);

/// Starts a tree and lists it: between the two nobody looks at the list.
pub(super) fn start(start: impl FnOnce() -> io::Result<Tree>) -> io::Result<(Arc<Mutex<Tree>>, Output)> {
    end_all_on_panic();
    let mut running = lock(&RUNNING);
    let mut tree = start()?;
    let output = tree.output();
    let tree = Arc::new(Mutex::new(tree));
    running.push(Arc::clone(&tree));
    Ok((tree, output))
}

/// Ends everything that was started, at once: the way out after a panic and at a second Ctrl-C.
pub fn end_all() {
    let Some(running) = lock_soon(&RUNNING) else { return };
    for tree in running.iter() {
        if let Some(mut tree) = lock_soon(tree) {
            tree.kill();
        }
    }
}

/// A lock that whoever panics may hold.
fn lock_soon<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    for _ in 0..100 {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(guard)) => return Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    None
}

/// The release aborts at a panic, and nothing is dropped then.
fn end_all_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            end_all();
            before(panic);
        }));
    });
}

/// Takes a tree off the list: it is stopped.
pub(super) fn forget(tree: &Arc<Mutex<Tree>>) {
    lock(&RUNNING).retain(|other| !Arc::ptr_eq(other, tree));
}

/// A lock, whoever had it before.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
