//! Edges: every socket is added once, for everything, and reported whenever something about
//! it changes.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Notice;
use crate::completion_port::engine::token::{Subject, Token};
use crate::sys::epoll::{Epoll, Events};
use crate::sys::wake::Wake;

/// The token of the descriptor that ends a wait.
const WAKE: u64 = u64::MAX;

pub(in crate::completion_port::engine) struct Watch {
    epoll: Epoll,
    wake: Arc<Wake>,
    /// The room for what one wait brings; only the thread that polls comes here.
    events: Mutex<Events>,
}

impl Watch {
    pub(super) fn new(wake: &Arc<Wake>) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        epoll.add_level(wake, WAKE)?;
        Ok(Self {
            epoll,
            wake: Arc::clone(wake),
            events: Mutex::default(),
        })
    }

    pub(super) fn add(&self, socket: BorrowedFd<'_>, token: Token) -> io::Result<()> {
        self.epoll.add(socket, token.to_bits(Subject::Reading))
    }

    pub(super) fn remove(&self, socket: BorrowedFd<'_>) -> bool {
        // It fails where adding it had failed.
        let _ = self.epoll.remove(socket);
        true
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.epoll.wait(&mut self.events(), timeout)
    }

    pub(super) fn collect(&self, mut report: impl FnMut(Token, Subject, Notice)) {
        for (bits, readiness) in self.events().iter() {
            if bits == WAKE {
                self.wake.clear();
            } else {
                let (token, subject) = Token::from_bits(bits);
                report(token, subject, Notice::Edge(readiness));
            }
        }
    }

    fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
