//! Operations that the program has let go of while they are under way. Nobody is told of their
//! end: the event is the program's, which may take or reset it at any time. So a timer looks
//! after them, soon at first and ever more seldom.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::inner::Inner;
use crate::sys::timer::{Alarm, Timer};

/// How long until the first look at a socket, and between two at the most.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_secs(1)];

/// Looks at the socket until nothing is under way on it that the program has let go of.
pub(super) fn add(socket: Arc<Inner>) {
    // Without a timer, which takes some memory, it stays.
    if let Some((sweeper, timer)) = sweeper() {
        let mut due = sweeper.lock();
        due.sockets.push(socket);
        due.pause = PAUSES[0];
        timer.set(Instant::now() + PAUSES[0]);
    }
}

#[derive(Default)]
struct Sweeper(Mutex<Due>);

#[derive(Default)]
struct Due {
    sockets: Vec<Arc<Inner>>,
    pause: Duration,
}

fn sweeper() -> Option<&'static (Arc<Sweeper>, Timer<Sweeper>)> {
    static SWEEPER: OnceLock<Option<(Arc<Sweeper>, Timer<Sweeper>)>> = OnceLock::new();
    let make = || {
        let sweeper = Arc::<Sweeper>::default();
        let timer = Timer::new(Arc::clone(&sweeper)).ok()?;
        Some((sweeper, timer))
    };
    SWEEPER.get_or_init(make).as_ref()
}

impl Sweeper {
    fn lock(&self) -> MutexGuard<'_, Due> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alarm for Sweeper {
    fn due(self: Arc<Self>) {
        let sockets = mem::take(&mut self.lock().sockets);
        let rest: Vec<_> = sockets
            .into_iter()
            .filter(|socket| socket.clear())
            .collect();
        let mut due = self.lock();
        due.sockets.extend(rest);
        due.sockets.sort_unstable_by_key(Arc::as_ptr);
        due.sockets.dedup_by(|one, other| Arc::ptr_eq(one, other));
        if due.sockets.is_empty() {
            return;
        }
        due.pause = (due.pause * 2).min(PAUSES[1]);
        if let Some((_, timer)) = sweeper() {
            timer.set(Instant::now() + due.pause);
        }
    }
}
