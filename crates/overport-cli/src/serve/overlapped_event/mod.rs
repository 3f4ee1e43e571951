//! Overlapped operations, with an event for each: a client has one operation under way, a
//! receive or the send of what it received, and its event is set when that has ended.
//!
//! The first thread accepts the clients, by calls without an overlapped, and starts the first
//! operation of each. Another thread waits for the events of a [`Group`] of them together. A
//! wait takes 64 events, so a group has 64 clients; with `--threads` the next ones make
//! another group, and who comes beyond that is refused.

mod group;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use overport::Socket;
use overport::overlapped::{Listener, Stream};

pub(super) use self::group::CLIENTS_A_THREAD;
use self::group::Group;
use super::backoff::Backoff;
use super::server::Server;

/// One of its socket, two of its event object.
pub(super) const DESCRIPTORS_A_CLIENT: u64 = 3;

struct Serving {
    server: Arc<Server>,
    listener: Listener,
    groups: Vec<Group>,
}

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    let groups = server.args.threads.map_or(1, usize::from);
    let groups = (0..groups).map(|_| Group::new());
    let serving = Arc::new(Serving {
        server: Arc::clone(server),
        listener: Listener::try_from(listener)?,
        groups: groups.collect::<io::Result<_>>()?,
    });
    let stopping = Arc::clone(&serving);
    let _registration = server.stop.on_stop(move || stopping.finish());

    let serving = &*serving;
    thread::scope(|scope| {
        let threads = serving.groups.iter().enumerate().map(|(number, group)| {
            let worker = thread::Builder::new().name(format!("overlapped-event {}", number + 1));
            let work = || group.serve(server).inspect_err(|_| serving.finish());
            worker.spawn_scoped(scope, work)
        });
        let threads = threads.collect::<io::Result<Vec<_>>>();
        let threads = threads.inspect_err(|_| serving.finish())?;
        serving.accept();
        let mut ends = threads.into_iter();
        ends.try_for_each(|thread| thread.join().unwrap_or(Ok(())))
    })
}

impl Serving {
    /// Accepts until the listener is closed. Without an overlapped a call is synchronous, and
    /// this thread has nothing else to do.
    fn accept(&self) {
        let log = &self.server.log;
        let mut backoff = Backoff::default();
        while !self.listener.is_closed() {
            // The place comes first: without descriptors for its event the client stays in
            // the backlog.
            let place = self.free_place();
            log.step(format_args!("accept waits"));
            let accepted = place.and_then(|_| self.listener.accept().wait());
            match accepted {
                Ok((stream, peer)) => {
                    backoff.succeeded(log);
                    log.step(format_args!("accept: {peer}"));
                    if let Err(error) = self.hand_over(stream, peer) {
                        self.server.refuse(peer, error);
                    }
                }
                Err(_) if self.listener.is_closed() => {}
                Err(error) => {
                    let until = backoff.failed(Instant::now(), &error, log);
                    self.server.stop.wait_until(until);
                }
            }
        }
    }

    fn hand_over(&self, stream: Stream, peer: SocketAddr) -> io::Result<()> {
        let Some((group, place)) = self.free_place()? else {
            let limit = self.groups.len() * CLIENTS_A_THREAD;
            self.server.refuse(
                peer,
                format_args!(
                    "{limit} clients are as many as the threads can wait for \
                     (--threads gives more)"
                ),
            );
            return Ok(());
        };
        if let Some(session) = self.server.admit(peer) {
            let buffer = Vec::with_capacity(self.server.buffer_size());
            group.welcome(place, session, stream, buffer);
        }
        Ok(())
    }

    /// A place for one more client, in the first group that has one.
    fn free_place(&self) -> io::Result<Option<(&Group, usize)>> {
        for group in &self.groups {
            if let Some(place) = group.free_place()? {
                return Ok(Some((group, place)));
            }
        }
        Ok(None)
    }

    /// Accepts nobody any more, and has the groups finish with the clients that they have.
    fn finish(&self) {
        self.listener.close();
        self.groups.iter().for_each(Group::finish);
    }
}
