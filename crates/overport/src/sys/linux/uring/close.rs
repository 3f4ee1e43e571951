//! The end of a ring.

use std::time::{Duration, Instant};

use super::event::Event;
use super::ring::Ring;

/// How long one cancellation is waited for before the next. A receive that was just being
/// continued is not found by it.
const PATIENCE: Duration = Duration::from_millis(10);

impl Ring {
    /// Cancels every operation and drains until none is left without its last event, or until
    /// the deadline. Whether none is left; then the kernel no longer touches memory that was
    /// given to it, and the ring may go. Nobody else may push or wait meanwhile. Of a pinned ring
    /// only the owner can do it, or anybody if it never had one: then nothing was given.
    ///
    /// The operations of a thread that computes end when it next enters the kernel, which is
    /// why it may take until the deadline.
    pub(crate) fn cancel_all_and_drain(
        &self,
        deadline: Instant,
        mut each: impl FnMut(Event),
    ) -> bool {
        if !self.is_in_use() {
            return true;
        }
        self.drain(&mut each);
        while self.unfinished() > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            self.cancel_all();
            if self.wait(Some(left.min(PATIENCE))).is_err() {
                return false;
            }
            self.drain(&mut each);
        }
        true
    }
}
