//! The threads of the models that share their clients among several.

use std::io;
use std::thread;

/// Runs `work` on so many threads, which bear `name` and a number, and waits for all of
/// them. If one fails or cannot be started, `give_up` is called to make the others end; the
/// first error is returned.
pub(super) fn run(
    name: &str,
    count: usize,
    work: impl Fn() -> io::Result<()> + Sync,
    give_up: impl Fn() + Sync,
) -> io::Result<()> {
    let work = || work().inspect_err(|_| give_up());
    thread::scope(|scope| {
        let threads = (1..=count).map(|number| {
            thread::Builder::new()
                .name(format!("{name} {number}"))
                .spawn_scoped(scope, work)
        });
        let threads = threads
            .collect::<io::Result<Vec<_>>>()
            .inspect_err(|_| give_up())?;
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or(Ok(())))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_work_is_done_at_once_on_as_many_threads_as_asked_for() {
        let barrier = Barrier::new(3);
        let runs = AtomicUsize::new(0);
        let work = || {
            barrier.wait();
            runs.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        run("worker", 3, work, || panic!("nothing failed")).unwrap();
        assert_eq!(runs.into_inner(), 3);
    }

    #[test]
    fn the_failure_of_one_thread_ends_the_others_and_is_returned() {
        let first = AtomicBool::new(true);
        let barrier = Barrier::new(2);
        let work = || {
            if first.swap(false, Ordering::Relaxed) {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            barrier.wait();
            Ok(())
        };
        let error = run("worker", 2, work, || {
            barrier.wait();
        });
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::OutOfMemory);
    }
}
