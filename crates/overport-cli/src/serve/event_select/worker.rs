//! A thread that serves clients with an event object each, and waits for all of these at once.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use overport::event::{EventObject, MAX_EVENTS, wait_any};
use overport::event_select;

use super::super::client::Outcome;
use super::super::selected::Selected;
use super::super::server::Server;
use super::super::session::Departure;

/// One less than the events that a wait takes: the first is set for orders.
pub(in crate::serve) const CLIENTS_A_THREAD: usize = MAX_EVENTS - 1;

/// Gives a serving thread its orders. When this is dropped, the thread finishes with the
/// clients that it has, and ends.
pub(super) struct Worker {
    orders: Sender<Order>,
    ordered: EventObject,
    clients: Arc<AtomicUsize>,
}

enum Order {
    Serve(EventObject, Selected),
    Finish,
}

impl Worker {
    /// Starts the thread. It sets `failed` if it cannot go on.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        server: &'scope Server,
        number: u16,
        failed: &'scope EventObject,
    ) -> io::Result<(Self, ScopedJoinHandle<'scope, io::Result<()>>)> {
        let ordered = EventObject::auto_reset()?;
        let (sender, orders) = channel();
        let worker = Self {
            orders: sender,
            ordered: ordered.clone(),
            clients: Arc::default(),
        };
        let serving = Serving {
            server,
            orders,
            events: vec![ordered],
            clients: Vec::new(),
            count: Arc::clone(&worker.clients),
            finishes: false,
        };
        let thread = Builder::new()
            .name(format!("event-select {number}"))
            .spawn_scoped(scope, || serving.run().inspect_err(|_| failed.set()))?;
        Ok((worker, thread))
    }

    /// How many clients it has been told to serve and still does.
    pub(super) fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// Has the thread serve a client whose socket is selected to `event`.
    pub(super) fn serve(&self, event: EventObject, client: Selected) {
        self.clients.fetch_add(1, Ordering::Relaxed);
        self.order(Order::Serve(event, client));
    }

    fn order(&self, order: Order) {
        // It comes back where the thread has failed; then the server ends.
        let _ = self.orders.send(order);
        self.ordered.set();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.order(Order::Finish);
    }
}

/// What belongs to the thread.
struct Serving<'scope> {
    server: &'scope Server,
    orders: Receiver<Order>,
    /// The event of the orders, and behind it those of the clients in their order.
    events: Vec<EventObject>,
    clients: Vec<Selected>,
    count: Arc<AtomicUsize>,
    finishes: bool,
}

impl Serving<'_> {
    fn run(mut self) -> io::Result<()> {
        while !self.finishes || !self.clients.is_empty() {
            let timeout = self.drop_idle(Instant::now());
            self.server
                .log
                .step(format_args!("waits for {} events", self.events.len()));
            let Some(first) = wait_any(&self.events, timeout)? else {
                continue;
            };
            if first == 0 {
                self.take_orders();
            }
            // The wait tells of the first event that is set. Those behind it are looked at too,
            // or a busy client would keep them waiting.
            let mut index = first.saturating_sub(1);
            while index < self.clients.len() {
                match self.answer(index) {
                    ControlFlow::Continue(_) => index += 1,
                    // Another one is in its place now.
                    ControlFlow::Break(departure) => self.leave(index, departure),
                }
            }
        }
        Ok(())
    }

    fn take_orders(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Serve(event, client) => {
                    self.events.push(event);
                    self.clients.push(client);
                }
                Order::Finish => self.finish(),
            }
        }
    }

    /// Ends the clients' streams behind what has come already; of those for whose echo there is no
    /// room, events tell later.
    fn finish(&mut self) {
        self.finishes = true;
        for index in (0..self.clients.len()).rev() {
            if let ControlFlow::Break(departure) = self.clients[index].client.finish() {
                self.leave(index, departure);
            }
        }
    }

    /// Takes what has been recorded for a client, which resets its event, and answers it.
    fn answer(&mut self, index: usize) -> Outcome {
        let selected = &mut self.clients[index];
        let taken = match event_select::take(&selected.client.socket, &self.events[index + 1]) {
            Ok(taken) => taken,
            Err(error) => return ControlFlow::Break(error.into()),
        };
        for (event, result) in taken.iter() {
            selected.answer(event, result)?;
        }
        ControlFlow::Continue(true)
    }

    /// Drops who has been idle for too long; how long to wait until the next one may have been.
    fn drop_idle(&mut self, now: Instant) -> Option<Duration> {
        for index in (0..self.clients.len()).rev() {
            if let ControlFlow::Break(departure) = self.clients[index].client.check_idle(now) {
                self.leave(index, departure);
            }
        }
        let clients = self.clients.iter();
        let deadlines = clients.filter_map(|selected| selected.client.idle_deadline());
        let next = deadlines.min()?;
        Some(next.saturating_duration_since(now))
    }

    fn leave(&mut self, index: usize, why: Departure) {
        self.events.swap_remove(index + 1);
        // Its place is free before it can know that it was let go.
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.clients.swap_remove(index).client.leave(why);
    }
}
