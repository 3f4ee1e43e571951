//! A whole run: the threads, what ends it, the sum.

use std::io;
use std::sync::Arc;
use std::thread;

use mio::{Poll, Waker};

use super::error::Error;
use super::pattern::Pattern;
use super::plan::Plan;
use super::tally::Tally;
use super::window::{Span, Window};
use super::work::{End, Run};
use super::worker::{WAKE, Worker};
use crate::stop::Stop;

/// What a run came to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tally: Tally,
    /// How long the window was open, in nanoseconds.
    pub(super) window_ns: u64,
    /// It was asked to end.
    pub(super) interrupted: bool,
}

/// Does what the plan says, a thread for each of its threads, and tells `window`, if there is
/// one. `stop` ends the run at once.
pub(super) fn drive(
    plan: &Plan,
    window: Option<&dyn Window>,
    stop: &Stop,
) -> Result<Outcome, Error> {
    let pattern = Pattern::of(plan);
    let polls = polls(plan.threads).map_err(Error::start)?;
    let wakers: io::Result<_> = polls
        .iter()
        .map(|poll| Waker::new(poll.registry(), WAKE).map(Arc::new))
        .collect();
    let end = End::new(wakers.map_err(Error::start)?);
    let ending = end.clone();
    let _registration = stop.on_stop(move || ending.at_once());
    let run = Run::new(plan, &pattern, Span::new(window), end);
    let workers: io::Result<Vec<_>> = (0..)
        .zip(polls)
        .map(|(thread, poll)| Worker::new(poll, &run, thread))
        .collect();

    let tally = work_all(&run, workers.map_err(Error::start)?)?;
    Ok(Outcome {
        tally,
        window_ns: run.span.elapsed_ns(),
        interrupted: stop.is_stopping(),
    })
}

/// Runs every worker on a thread of its own, and adds up what they counted. The first that
/// fails ends the others.
fn work_all<'run>(run: &'run Run<'run>, workers: Vec<Worker<'run>>) -> Result<Tally, Error> {
    thread::scope(|scope| {
        let threads: Vec<_> = workers
            .into_iter()
            .map(|worker| {
                scope.spawn(|| {
                    let _panics = EndOnPanic(&run.end);
                    worker.work().inspect_err(|_| run.end.at_once())
                })
            })
            .collect();
        let mut sum = Ok(Tally::new());
        for thread in threads {
            let tally = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            match (&mut sum, tally) {
                (Ok(sum), Ok(tally)) => sum.merge(tally),
                (Ok(_), Err(error)) => sum = Err(error),
                (Err(_), _) => {}
            }
        }
        sum
    })
}

/// A thread that panics ends the others, which might wait for it else.
struct EndOnPanic<'run>(&'run End);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.at_once();
        }
    }
}

fn polls(threads: u64) -> io::Result<Vec<Poll>> {
    (0..threads).map(|_| Poll::new()).collect()
}
