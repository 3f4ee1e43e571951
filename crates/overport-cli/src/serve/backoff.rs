//! What to do when accept fails: the server goes on with the clients it has and tries again
//! a little later. A descriptor limit that was met makes the listener ready all the time, so
//! trying at once would only spin.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use overport::Socket;

use super::log::Log;

/// Between one attempt to accept and the next while they fail.
const PAUSE: Duration = Duration::from_millis(100);

/// When to accept again.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    paused_until: Option<Instant>,
}

impl Backoff {
    /// accept, on a listener in non-blocking mode. `None` where nobody has come, where the
    /// listener is closed, and where it failed.
    pub(super) fn accept(
        &mut self,
        listener: &Socket,
        now: Instant,
        log: &Log,
    ) -> Option<(Socket, SocketAddr)> {
        match listener.accept() {
            Ok((socket, peer)) => {
                self.succeeded(log);
                log.step(format_args!("accept: {peer}"));
                Some((socket, peer))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(_) if listener.is_closed() => None,
            Err(error) => {
                self.failed(now, &error, log);
                None
            }
        }
    }

    /// Accept failed; says until when to leave the listener alone. Only the first failure in
    /// a row is logged.
    pub(super) fn failed(&mut self, now: Instant, error: &io::Error, log: &Log) -> Instant {
        if self.paused_until.is_none() {
            log.event(format_args!(
                "cannot accept: {error}; trying again every {} ms (a higher ulimit -n or a lower \
                 --max-connections avoids it)",
                PAUSE.as_millis()
            ));
        }
        let until = now + PAUSE;
        self.paused_until = Some(until);
        until
    }

    /// Accept succeeded.
    pub(super) fn succeeded(&mut self, log: &Log) {
        if self.paused_until.take().is_some() {
            log.event(format_args!("accepting again"));
        }
    }

    /// The time before which there is no use in calling accept, if that is still to come.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|&until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_accept_pauses_until_its_time_has_come() {
        let log = Log::silent();
        let mut backoff = Backoff::default();
        let now = Instant::now();
        assert_eq!(backoff.paused_until(now), None);

        let until = backoff.failed(now, &io::ErrorKind::OutOfMemory.into(), &log);
        assert!(until > now);
        assert_eq!(backoff.paused_until(now), Some(until));
        assert_eq!(backoff.paused_until(until), None);
    }

    #[test]
    fn a_successful_accept_ends_the_pause() {
        let log = Log::silent();
        let mut backoff = Backoff::default();
        let now = Instant::now();
        backoff.failed(now, &io::ErrorKind::OutOfMemory.into(), &log);
        backoff.succeeded(&log);
        assert_eq!(backoff.paused_until(now), None);
    }
}
