//! Messages of the program's own in the queue of the sockets' messages, at a rate: what a
//! program with other things to do posts to itself.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::stop::Stop;

/// From one burst to the next.
const TICK: Duration = Duration::from_millis(1);

/// How many messages are posted, and how many of them wait in the queue.
#[derive(Debug)]
pub(super) struct Flood {
    per_second: u64,
    outstanding: AtomicU64,
}

impl Flood {
    /// So many messages a second; none at all without a number.
    pub(super) fn new(per_second: Option<u32>) -> Self {
        Self {
            per_second: per_second.unwrap_or(0).into(),
            outstanding: AtomicU64::new(0),
        }
    }

    /// Does `work`, and has `post` called for each message meanwhile, on another thread. That
    /// ends when the server is stopped, or when `post` says that the queue is gone, as it is to
    /// be when `work` has been done.
    pub(super) fn beside<T>(
        &self,
        stop: &Stop,
        post: impl Fn() -> bool + Send,
        work: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        thread::scope(|scope| {
            if self.per_second > 0 {
                let flooding = thread::Builder::new().name("own messages".into());
                flooding.spawn_scoped(scope, || self.run(stop, post))?;
            }
            work()
        })
    }

    /// One of the messages has been handled.
    pub(super) fn handled(&self) {
        self.outstanding.fetch_sub(1, Ordering::Relaxed);
    }

    /// Posts in bursts. No more messages wait at once than are due in a second; what would be
    /// more is left out.
    fn run(&self, stop: &Stop, post: impl Fn() -> bool) {
        let begin = Instant::now();
        let mut due = Due::default();
        while !stop.is_stopping() {
            let burst = due.burst(self.per_second, begin.elapsed());
            let room = self
                .per_second
                .saturating_sub(self.outstanding.load(Ordering::Relaxed));
            for _ in 0..burst.min(room) {
                self.outstanding.fetch_add(1, Ordering::Relaxed);
                if !post() {
                    return;
                }
            }
            stop.wait_until(Instant::now() + TICK);
        }
    }
}

/// Messages that were due so far.
#[derive(Debug, Default)]
struct Due(u64);

impl Due {
    /// How many more are due when so much time has gone.
    fn burst(&mut self, per_second: u64, elapsed: Duration) -> u64 {
        let due = (elapsed.as_secs_f64() * per_second as f64) as u64;
        let burst = due.saturating_sub(self.0);
        self.0 += burst;
        burst
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn the_bursts_add_up_to_the_rate() {
        let mut due = Due::default();
        let bursts = (0..=2000).map(|tick| due.burst(1500, TICK * tick));
        assert_eq!(bursts.sum::<u64>(), 3000);
    }

    #[test]
    fn no_more_wait_than_are_due_in_a_second() {
        let stop = Stop::default();
        let flood = Flood::new(Some(10_000_000));
        flood.outstanding.store(10_000_000 - 3, Ordering::Relaxed);
        let posted = Cell::new(0);
        flood.run(&stop, || {
            posted.set(posted.get() + 1);
            if posted.get() == 3 {
                stop.begin();
            }
            true
        });
        assert_eq!(posted.get(), 3);
    }

    #[test]
    fn it_ends_with_the_work_that_the_queue_is_for() {
        let (sender, queue) = channel();
        let post = move || sender.send(()).is_ok();
        let work = move || queue.recv().map_err(io::Error::other);
        let flood = Flood::new(Some(1000));
        flood.beside(&Stop::default(), post, work).unwrap();
    }

    #[test]
    fn without_a_number_nothing_is_posted() {
        let post = || panic!("nothing is to be posted");
        let flood = Flood::new(None);
        flood.beside(&Stop::default(), post, || Ok(())).unwrap();
    }
}
