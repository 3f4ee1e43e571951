//! The event-select model: what happens on the sockets sets event objects, and a thread waits
//! for several of them at once.
//!
//! The first thread waits for the listener's event and for the one that stops the server. It
//! accepts a client, makes an event object for it, and hands both over to the serving thread
//! that has the fewest, a [`Worker`]. A wait takes 64 events. The first is the worker's own, so
//! it serves 63 clients; `--threads` has more workers. Where all are full, who comes is refused.

mod worker;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use overport::event::{EventObject, wait_any};
use overport::{NetworkEvents, Socket, event_select};

pub(super) use self::worker::CLIENTS_A_THREAD;
use self::worker::Worker;
use super::backoff::Backoff;
use super::client::Client;
use super::selected::{self, Selected};
use super::server::Server;

/// One of its socket, two of its event object.
pub(super) const DESCRIPTORS_A_CLIENT: u64 = 3;

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    let stop = EventObject::manual_reset()?;
    let stopping = stop.clone();
    let _registration = server.stop.on_stop(move || stopping.set());
    thread::scope(|scope| {
        let (workers, threads) = (1..=server.args.threads.unwrap_or(1))
            .map(|number| Worker::start(scope, server, number, &stop))
            .collect::<io::Result<(Vec<_>, Vec<_>)>>()?;
        accept_clients(server, listener, &stop, &workers)?;
        // They finish with the clients that they have.
        drop(workers);
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or(Ok(())))
    })
}

/// Accepts until `stop` is set.
fn accept_clients(
    server: &Arc<Server>,
    listener: Socket,
    stop: &EventObject,
    workers: &[Worker],
) -> io::Result<()> {
    let connection = EventObject::manual_reset()?;
    event_select::select(&listener, &connection, NetworkEvents::ACCEPT)?;
    let mut backoff = Backoff::default();
    loop {
        server.log.step(format_args!("waits for 2 events"));
        let now = Instant::now();
        let pause = backoff.paused_until(now).map(|until| until - now);
        match wait_any(&[stop, &connection], pause)? {
            Some(0) => return Ok(()),
            // Taking what happened resets the event.
            Some(_) => {
                for (event, _) in event_select::take(&listener, &connection)?.iter() {
                    server.log.step(format_args!("event: {event:?}"));
                }
            }
            None => {}
        }
        // The event comes first: without descriptors for it the client stays in the backlog.
        let event = match EventObject::manual_reset() {
            Ok(event) => event,
            Err(error) => {
                backoff.failed(Instant::now(), &error, &server.log);
                continue;
            }
        };
        // One accept for each ACCEPT: the event is set again if more clients wait.
        if let Some((socket, peer)) = backoff.accept(&listener, Instant::now(), &server.log) {
            hand_over(server, workers, socket, peer, event);
        }
    }
}

fn hand_over(
    server: &Arc<Server>,
    workers: &[Worker],
    socket: Socket,
    peer: SocketAddr,
    event: EventObject,
) {
    let worker = workers.iter().min_by_key(|worker| worker.clients());
    let Some(worker) = worker.filter(|worker| worker.clients() < CLIENTS_A_THREAD) else {
        return server.refuse(
            peer,
            format_args!(
                "{} clients are as many as the threads can wait for (--threads gives more)",
                server.clients()
            ),
        );
    };
    let Some(session) = server.admit(peer) else {
        return;
    };
    // It had the selection of its listener. What is so already is recorded at once.
    match event_select::select(&socket, &event, selected::events()) {
        Ok(()) => worker.serve(event, Selected::new(Client::new(server, session, socket))),
        Err(error) => server.refuse(peer, error),
    }
}
