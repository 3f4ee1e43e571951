//! The account of one client: who it is, what it sent and was sent, why it left.

use std::fmt::{self, Arguments, Display};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::server::Server;
use crate::stall_mark::STALL_MARK;
use crate::sys::receiving;

/// Why a client left.
#[derive(Debug)]
pub(super) enum Departure {
    /// Its stream ended, by its own doing or because the server is being stopped, and
    /// everything was echoed.
    Ended,
    /// Nothing was received or sent for the idle timeout.
    Idle,
    /// The connection failed.
    Failed(io::Error),
}

/// A client that is being served. It leaves when this is dropped, at the latest, and that is
/// logged; so drop it before the socket is closed, and the place is free before the client can
/// know.
#[derive(Debug)]
pub(super) struct Session {
    server: Arc<Server>,
    peer: SocketAddr,
    received: AtomicU64,
    sent: AtomicU64,
    /// When the last byte went or came, in nanoseconds from the server's start; kept only where
    /// there is an idle timeout.
    active_ns: AtomicU64,
    has_left: AtomicBool,
}

impl Session {
    pub(super) fn new(server: Arc<Server>, peer: SocketAddr) -> Self {
        server.log.event(format_args!("{peer} arrived"));
        let session = Self {
            server,
            peer,
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            active_ns: AtomicU64::new(0),
            has_left: AtomicBool::new(false),
        };
        session.touch();
        session
    }

    /// The client's address and port.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Counts what came, and logs it where that was asked for.
    pub(super) fn received(&self, bytes: &[u8]) {
        self.server.log.data(self.peer, bytes);
        self.received
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.touch();
    }

    /// Handles what came, which takes no time unless it asks for that: then this blocks.
    pub(super) fn handle(&self, bytes: &[u8]) {
        if let Some(stall) = self.stall(bytes) {
            thread::sleep(stall);
        }
    }

    /// For how long the handler of what came is to block.
    pub(super) fn stall(&self, bytes: &[u8]) -> Option<Duration> {
        let stall = self.server.args.stall()?;
        bytes.starts_with(STALL_MARK).then_some(stall)
    }

    /// Counts what went.
    pub(super) fn sent(&self, length: usize) {
        self.sent.fetch_add(length as u64, Ordering::Relaxed);
        self.touch();
    }

    /// The client leaves; the first reason counts. Without one it is the server that stopped.
    pub(super) fn leave(&self, why: Departure) {
        self.leave_for(why);
    }

    /// When the client will have been idle for too long, if nothing happens until then.
    pub(super) fn idle_deadline(&self) -> Option<Instant> {
        let timeout = self.server.args.idle_timeout()?;
        let active = Duration::from_nanos(self.active_ns.load(Ordering::Relaxed));
        Some(self.server.since + active + timeout)
    }

    /// Whether the client has been idle for too long.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.idle_deadline().is_some_and(|deadline| now >= deadline)
    }

    /// Whether its receives are to end instead of waiting: the server was stopped, and no shutdown
    /// ends them.
    pub(super) fn is_drained(&self) -> bool {
        !receiving::ENDS_BY_SHUTDOWN && self.server.stop.is_stopping()
    }

    /// Traces one step of the model that was done for this client.
    pub(super) fn step(&self, what: Arguments<'_>) {
        self.server.log.step(format_args!("{}: {what}", self.peer));
    }

    fn touch(&self) {
        if self.server.args.idle_timeout_ms.is_some() {
            let active = u64::try_from(self.server.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.active_ns.store(active, Ordering::Relaxed);
        }
    }

    fn leave_for(&self, why: impl Display) {
        if self.has_left.swap(true, Ordering::Relaxed) {
            return;
        }
        self.server.client_left();
        let peer = self.peer;
        let [received, sent] = [&self.received, &self.sent].map(|sum| sum.load(Ordering::Relaxed));
        self.server.log.event(format_args!(
            "{peer} left: {why}; {received} bytes received, {sent} sent"
        ));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.leave_for("the server stopped");
    }
}

impl From<io::Error> for Departure {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Display for Departure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => formatter.write_str("its stream ended"),
            Self::Idle => formatter.write_str("idle for too long"),
            // The systems have other words for it, and other numbers.
            Self::Failed(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
                ) =>
            {
                write!(formatter, "the connection was reset: {error}")
            }
            Self::Failed(error) => write!(formatter, "{error}"),
        }
    }
}
