//! The select model: ask which clients can be served now, and serve those.
//!
//! A client that is to be received from is in the read set, one whose echo found no room yet is
//! in the write set, and whoever comes back in a set is called without waiting. Each call of
//! select asks about all of them anew, and waits no longer than until the next client has been
//! idle for too long. So one thread serves many clients, and sleeps while nobody says anything.
//!
//! A set holds 64 sockets, one of them the listener. `--threads` has more threads with sets of
//! their own: the listener is in the read set of every thread that has room, so a connection
//! wakes all of these and one accepts it. A thread without room leaves the listener to the others;
//! when nobody has any, it refuses who comes, so that nobody waits without being told.

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use overport::Socket;
use overport::select::{FdSet, MAX_SOCKETS, select};

use super::backoff::Backoff;
use super::client::{Client, Outcome};
use super::server::Server;
use super::threads;

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    // Of the threads that a connection wakes all but one find nobody, and must not wait then.
    // The accepted sockets inherit the mode.
    listener.set_nonblocking(true)?;
    let listener = Arc::new(listener);
    let closing = Arc::clone(&listener);
    // Closing the listener ends every select that has it in a set.
    let _registration = server.stop.on_stop(move || closing.close());

    let backoff = Mutex::default();
    let threads = server.args.threads.map_or(1, usize::from);
    let worker = || Worker {
        server,
        listener: &listener,
        backoff: &backoff,
        room: threads * CLIENTS_A_THREAD,
        clients: Vec::new(),
        read: FdSet::new(),
        write: FdSet::new(),
        except: FdSet::new(),
    };
    threads::run("select", threads, || worker().run(), || listener.close())
}

/// The listener takes a place in the read set as well.
pub(super) const CLIENTS_A_THREAD: usize = MAX_SOCKETS - 1;

/// A thread's clients and sets, and what it shares with the other threads.
struct Worker<'a> {
    server: &'a Arc<Server>,
    listener: &'a Socket,
    backoff: &'a Mutex<Backoff>,
    /// How many clients there is room for in the sets of all threads.
    room: usize,
    clients: Vec<Client>,
    read: FdSet,
    write: FdSet,
    except: FdSet,
}

impl Worker<'_> {
    fn run(mut self) -> io::Result<()> {
        while !self.listener.is_closed() {
            match self.select(Some(self.listener)) {
                Err(_) if self.listener.is_closed() => break,
                result => result?,
            }
            let now = Instant::now();
            self.serve_ready(now);
            if self.read.contains(self.listener) && self.accepts() {
                self.accept(now);
            }
        }
        self.each(|worker, index| worker.clients[index].finish());
        while !self.clients.is_empty() {
            self.select(None)?;
            let now = Instant::now();
            self.each(|worker, index| {
                worker.call(index, now)?;
                worker.clients[index].drain()
            });
        }
        Ok(())
    }

    /// Waits until a client can be served, one was idle for too long, or one can be accepted.
    fn select(&mut self, listener: Option<&Socket>) -> io::Result<()> {
        let now = Instant::now();
        let paused_until = self.backoff().paused_until(now);
        let accepts = paused_until.is_none() && self.accepts();
        let [read, write, except] = [&mut self.read, &mut self.write, &mut self.except];
        read.clear();
        write.clear();
        except.clear();
        if let Some(listener) = listener {
            // It is never ready as an exception, but closing it ends the wait all the same.
            let set = if accepts { &mut *read } else { &mut *except };
            set.add(listener)?;
        }
        for client in &self.clients {
            let sends = client.wants_to_send();
            let set = if sends { &mut *write } else { &mut *read };
            set.add(&client.socket)?;
        }
        let deadlines = self.clients.iter().filter_map(Client::idle_deadline);
        let until = deadlines.chain(paused_until).min();
        let timeout = until.map(|until| until.saturating_duration_since(now));
        let log = &self.server.log;
        let (reads, writes) = (read.len(), write.len());
        log.step(format_args!("select waits: read {reads}, write {writes}"));
        let ready = select(Some(read), Some(write), Some(except), timeout)?;
        log.step(format_args!("select: {ready} ready"));
        Ok(())
    }

    fn serve_ready(&mut self, now: Instant) {
        self.each(|worker, index| worker.call(index, now));
    }

    /// Does `serve` for each client, and lets those go that it breaks off.
    fn each(&mut self, serve: impl Fn(&mut Self, usize) -> Outcome) {
        for index in (0..self.clients.len()).rev() {
            if let ControlFlow::Break(departure) = serve(self, index) {
                self.clients.swap_remove(index).leave(departure);
            }
        }
    }

    fn call(&mut self, index: usize, now: Instant) -> Outcome {
        let client = &mut self.clients[index];
        // There mostly is room for an echo, so that is tried before select is asked about it.
        let received = self.read.contains(&client.socket) && client.receive()?;
        if received || self.write.contains(&client.socket) {
            return client.send();
        }
        client.check_idle(now)
    }

    /// Whether to take who comes: here is room, or nowhere is and somebody has to refuse. (Who
    /// takes the last place gets here next, so there always is one that takes.)
    fn accepts(&self) -> bool {
        self.clients.len() < CLIENTS_A_THREAD || self.server.clients() >= self.room
    }

    fn accept(&mut self, now: Instant) {
        let (server, room) = (self.server, self.room);
        let mut backoff = self.backoff();
        if backoff.paused_until(now).is_some() {
            return;
        }
        let accepted = backoff.accept(self.listener, now, &server.log);
        drop(backoff);
        let Some((socket, peer)) = accepted else {
            return;
        };
        if self.clients.len() == CLIENTS_A_THREAD {
            server.refuse(
                peer,
                format_args!("{room} clients fill the sets (--threads gives more sets)"),
            );
        } else if let Some(session) = server.admit(peer) {
            self.clients.push(Client::new(server, session, socket));
        }
    }

    fn backoff(&self) -> MutexGuard<'_, Backoff> {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
