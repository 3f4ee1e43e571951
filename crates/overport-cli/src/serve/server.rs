//! What all models share while they serve.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::args::Args;
use super::log::Log;
use super::session::Session;
use crate::stop::Stop;

#[derive(Debug)]
pub(super) struct Server {
    pub(super) args: Args,
    pub(super) log: Log,
    pub(super) stop: Stop,
    /// When it was started.
    pub(super) since: Instant,
    clients: AtomicUsize,
}

impl Server {
    pub(super) fn new(args: Args) -> Self {
        Self {
            log: Log::new(&args),
            args,
            stop: Stop::default(),
            since: Instant::now(),
            clients: AtomicUsize::new(0),
        }
    }

    /// Takes an accepted client in. `None` where that would exceed the limit: the refusal is
    /// logged, and the caller closes the connection by dropping it.
    pub(super) fn admit(self: &Arc<Self>, peer: SocketAddr) -> Option<Session> {
        let limit = self.args.max_connections.unwrap_or(usize::MAX);
        let clients = self.clients.fetch_add(1, Ordering::Relaxed) + 1;
        if clients > limit {
            self.client_left();
            self.refuse(
                peer,
                format_args!("{limit} is the limit of clients (--max-connections)"),
            );
            return None;
        }
        Some(Session::new(Arc::clone(self), peer))
    }

    /// Logs why an accepted client is not served, for a limit of the model's own.
    pub(super) fn refuse(&self, peer: SocketAddr, why: impl Display) {
        self.log.event(format_args!("{peer} refused: {why}"));
    }

    /// Clients that are being served now.
    pub(super) fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// The same in words.
    pub(super) fn clients_in_words(&self) -> String {
        match self.clients() {
            1 => "1 client".to_owned(),
            more => format!("{more} clients"),
        }
    }

    pub(super) fn client_left(&self) {
        self.clients.fetch_sub(1, Ordering::Relaxed);
    }

    /// The size of a client's buffer in bytes.
    pub(super) fn buffer_size(&self) -> usize {
        usize::try_from(self.args.buffer_size).unwrap_or(usize::MAX)
    }
}
