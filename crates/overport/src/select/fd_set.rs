//! The sets.

use std::collections::HashSet;
use std::io;
use std::sync::Weak;

use crate::socket::{Inner, Socket, SocketId};

/// A set of sockets, in the order in which they were added.
///
/// It neither borrows its sockets nor keeps them open: a socket that is closed or dropped
/// while it is in a set makes [`select()`](super::select()) fail, so take it out first. A
/// set may be used again and again; it keeps its memory.
#[derive(Debug)]
#[doc(alias = "fd_set")]
pub struct FdSet {
    limit: usize,
    sockets: Vec<(SocketId, Weak<Inner>)>,
    /// The same sockets, to be looked up.
    ids: HashSet<SocketId>,
}

/// How many sockets a set holds unless it was made for more.
#[doc(alias = "FD_SETSIZE")]
pub const MAX_SOCKETS: usize = 64;

impl FdSet {
    /// An empty set for at most 64 sockets (`FD_ZERO`).
    #[doc(alias = "FD_ZERO")]
    #[must_use]
    pub fn new() -> Self {
        Self::with_limit(MAX_SOCKETS)
    }

    /// An empty set for at most `limit` sockets, as a program that defines `FD_SETSIZE` has
    /// it. Memory is taken as sockets are added.
    #[doc(alias = "FD_SETSIZE")]
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            sockets: Vec::new(),
            ids: HashSet::new(),
        }
    }

    /// How many sockets the set can hold.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Adds a socket at the end (`FD_SET`); one that is in the set stays where it is.
    ///
    /// # Errors
    /// `QuotaExceeded` when the set is full. (Winsock's macro ignores the socket.)
    #[doc(alias = "FD_SET")]
    pub fn add(&mut self, socket: &Socket) -> io::Result<()> {
        let id = socket.id();
        if self.ids.contains(&id) {
            return Ok(());
        }
        if self.sockets.len() >= self.limit {
            return Err(io::Error::new(
                io::ErrorKind::QuotaExceeded,
                format!(
                    "the set is full: it was made for {} sockets (FdSet::with_limit makes larger ones)",
                    self.limit
                ),
            ));
        }
        self.ids.insert(id);
        self.sockets.push((id, socket.downgrade()));
        Ok(())
    }

    /// Takes a socket out (`FD_CLR`); whether it was in.
    #[doc(alias = "FD_CLR")]
    pub fn remove(&mut self, socket: &Socket) -> bool {
        let id = socket.id();
        let was_in = self.ids.remove(&id);
        if was_in {
            self.sockets.retain(|&(other, _)| other != id);
        }
        was_in
    }

    /// Whether a socket is in the set (`FD_ISSET`); after a call of
    /// [`select()`](super::select()), whether it is ready.
    #[doc(alias = "FD_ISSET")]
    #[must_use]
    pub fn contains(&self, socket: &Socket) -> bool {
        self.ids.contains(&socket.id())
    }

    /// The sockets in their order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.sockets.iter())
    }

    /// How many sockets the set holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    /// Takes all sockets out (`FD_ZERO`).
    #[doc(alias = "FD_ZERO")]
    pub fn clear(&mut self) {
        self.sockets.clear();
        self.ids.clear();
    }

    pub(super) fn members(&self) -> &[(SocketId, Weak<Inner>)] {
        &self.sockets
    }

    /// Keeps the sockets that `keep` says, in their order.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(SocketId) -> bool) {
        let ids = &mut self.ids;
        self.sockets.retain(|&(id, _)| {
            let kept = keep(id);
            if !kept {
                ids.remove(&id);
            }
            kept
        });
    }
}

impl Default for FdSet {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for FdSet {
    fn clone(&self) -> Self {
        Self {
            limit: self.limit,
            sockets: self.sockets.clone(),
            ids: self.ids.clone(),
        }
    }

    /// Makes this set a copy of `source`, in the memory that it has.
    fn clone_from(&mut self, source: &Self) {
        self.limit = source.limit;
        self.sockets.clone_from(&source.sockets);
        self.ids.clone_from(&source.ids);
    }
}

impl<'a> IntoIterator for &'a FdSet {
    type Item = SocketId;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The sockets of a set in their order; see [`FdSet::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a>(std::slice::Iter<'a, (SocketId, Weak<Inner>)>);

impl Iterator for Iter<'_> {
    type Item = SocketId;

    fn next(&mut self) -> Option<SocketId> {
        self.0.next().map(|&(id, _)| id)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}
