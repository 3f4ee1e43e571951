//! The async-select model: what happens on the sockets comes as messages to one queue, and
//! one thread handles them.
//!
//! The thread waits for the next message, whatever it is about, and makes the call that
//! answers it. A socket that is accepted is selected as its listener is, so its messages come
//! without further ado. The program's own messages come through the same queue; here that is
//! the one that stops the server, and as many others as `--own-messages` asks for. There is no
//! limit of sockets. The limit is the one thread: a message that takes long to handle keeps all
//! others waiting.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use overport::async_select::{self, Message, MessageQueue, SocketMessage};
use overport::socket::SocketId;
use overport::{NetworkEvent, NetworkEvents, Socket};

use super::backoff::Backoff;
use super::client::Client;
use super::flood::Flood;
use super::selected::{self, Selected};
use super::server::Server;
use super::session::Departure;

/// The program's own messages.
enum Own {
    Stop,
    /// One of those that `--own-messages` asks for.
    Flood,
}

pub(super) fn serve(server: &Arc<Server>, listener: Socket) -> io::Result<()> {
    let flood = Flood::new(server.args.own_messages);
    let queue = MessageQueue::new()?;
    let poster = queue.poster();
    let post = move || poster.post(Own::Flood).is_ok();
    let handle = || handle_messages(server, listener, queue, &flood);
    flood.beside(&server.stop, post, handle)
}

fn handle_messages(
    server: &Arc<Server>,
    listener: Socket,
    mut queue: MessageQueue<Own>,
    flood: &Flood,
) -> io::Result<()> {
    let poster = queue.poster();
    let _registration = server.stop.on_stop(move || {
        // It comes back where the server has failed and the queue is gone.
        let _ = poster.post(Own::Stop);
    });
    let events = NetworkEvents::ACCEPT | selected::events();
    async_select::select(&listener, &queue, events)?;

    let mut handler = Handler {
        server,
        listener: Some(listener),
        clients: HashMap::new(),
        backoff: Backoff::default(),
        idle_check: None,
    };
    while handler.listener.is_some() || !handler.clients.is_empty() {
        server.log.step(format_args!("waits for a message"));
        let now = Instant::now();
        let timeout = handler
            .idle_check
            .map(|at| at.saturating_duration_since(now));
        match queue.next(timeout)? {
            Some(Message::Socket(message)) => handler.handle(message),
            Some(Message::Program(Own::Flood)) => {
                server.log.step(format_args!("message: the program's own"));
                flood.handled();
            }
            Some(Message::Program(Own::Stop)) => handler.stop(),
            None => {}
        }
        handler.drop_idle(Instant::now());
    }
    Ok(())
}

struct Handler<'a> {
    server: &'a Arc<Server>,
    /// `None` once the server is stopped.
    listener: Option<Socket>,
    clients: HashMap<SocketId, Selected>,
    backoff: Backoff,
    /// When to look for clients that have been idle for too long; the time of none comes before.
    idle_check: Option<Instant>,
}

impl Handler<'_> {
    fn handle(&mut self, message: SocketMessage) {
        if message.event == NetworkEvent::Accept {
            return self.accept();
        }
        // One that was refused has no messages: they went with its socket.
        let Some(client) = self.clients.get_mut(&message.socket) else {
            return;
        };
        if let ControlFlow::Break(departure) = client.answer(message.event, message.result) {
            self.leave(message.socket, departure);
        }
    }

    /// One accept for each ACCEPT. Another one comes if more clients wait, and where it
    /// failed, a tenth of a second later.
    fn accept(&mut self) {
        let Some(listener) = &self.listener else {
            return;
        };
        let log = &self.server.log;
        log.step(format_args!("event: Accept"));
        let Some((socket, peer)) = self.backoff.accept(listener, Instant::now(), log) else {
            return;
        };
        if let Some(session) = self.server.admit(peer) {
            let id = socket.id();
            let client = Client::new(self.server, session, socket);
            self.idle_check = self.idle_check.or(client.idle_deadline());
            self.clients.insert(id, Selected::new(client));
        }
    }

    /// Closes the listener and ends the clients' streams behind what has come already; of those
    /// for whose echo there is no room, events tell later.
    fn stop(&mut self) {
        self.server.log.step(format_args!("message: stop"));
        self.listener = None;
        let clients = self.clients.iter_mut();
        let left = clients.filter_map(|(&id, selected)| match selected.client.finish() {
            ControlFlow::Break(departure) => Some((id, departure)),
            ControlFlow::Continue(_) => None,
        });
        for (id, departure) in left.collect::<Vec<_>>() {
            self.leave(id, departure);
        }
    }

    fn drop_idle(&mut self, now: Instant) {
        if self.idle_check.is_none_or(|at| now < at) {
            return;
        }
        let clients = self.clients.iter();
        let idle: Vec<SocketId> = clients
            .filter(|(_, selected)| selected.client.check_idle(now).is_break())
            .map(|(&id, _)| id)
            .collect();
        for id in idle {
            self.leave(id, Departure::Idle);
        }
        let clients = self.clients.values();
        self.idle_check = clients
            .filter_map(|selected| selected.client.idle_deadline())
            .min();
    }

    fn leave(&mut self, id: SocketId, why: Departure) {
        if let Some(selected) = self.clients.remove(&id) {
            selected.client.leave(why);
        }
    }
}
