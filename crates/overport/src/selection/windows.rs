//! The registration of a socket with Winsock, whose own the rules of re-arming are.
//!
//! What has happened is recorded by Winsock for an event object; for an outbox it is posted to
//! the window of the process, whose thread posts the notice. A registration keeps beside it
//! whether the end of a connect was told, and that of the connection: Winsock does not tell of
//! every one that was before the selection, and may tell of one with each selection.
//!
//! Locks are taken in this order: a socket's observer, a registration, then an event, a queue,
//! the window's routes or the socket's phase. The registration holds its target, and neither
//! holds the socket open.

use std::any::Any;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::fd::AsFd;
use rustix::io::Errno;

use super::select;
use super::target::{Delivery, Errnos, Target};
use super::untold::Untold;
use crate::event::EventObject;
use crate::network_events::{NetworkEvent, NetworkEvents};
use crate::socket::{Call, Inner, Kind, Observer, Phase, Socket, SocketId};
use crate::sys::network_events;
use crate::sys::window::{Receiver, Route, Window};

/// What this system asks of an outbox beyond taking notices: nothing.
pub(crate) trait Source {}

impl<T> Source for T {}

/// Who has the events of one socket reported.
#[derive(Debug)]
pub(crate) struct Registration {
    this: Weak<Self>,
    socket: Weak<Inner>,
    id: SocketId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// `None` before the first selection and after the last.
    watch: Option<Watch>,
    ended: bool,
    selected: NetworkEvents,
    /// The number of the connect whose end was told last.
    told_connect: u32,
    told_close: bool,
    /// What was posted, or recorded here and not by Winsock.
    untold: Untold,
}

#[derive(Debug)]
struct Watch {
    target: Target,
    /// The way from the window, for an outbox.
    route: Option<Route>,
}

impl Registration {
    /// Takes what was recorded for the event object that the socket is selected for, and
    /// resets `event` in the same step.
    pub(crate) fn take(
        &self,
        socket: &Inner,
        event: Option<&EventObject>,
    ) -> io::Result<(NetworkEvents, Errnos)> {
        let mut state = self.lock();
        if !matches!(&state.watch, Some(watch) if watch.route.is_none()) {
            event.into_iter().for_each(EventObject::reset);
            return Ok(Default::default());
        }
        let socket_handle = socket.as_fd();
        let record = match event {
            Some(event) => {
                event.with_handle(|handle| network_events::take(socket_handle, Some(handle)))?
            }
            None => network_events::take(socket_handle, None)?,
        };
        for event in record.events.iter() {
            self.report(&mut state, socket, event, record.codes[event as usize]);
        }
        Ok(state.untold.take())
    }

    /// What a notice brings, unless the selection that it is for has ended.
    pub(super) fn deliver(&self, selection: u64, event: NetworkEvent) -> Option<Delivery> {
        self.lock().untold.deliver(self.id, selection, event)
    }

    pub(super) fn new(socket: &Socket) -> Arc<Self> {
        let inner = socket.inner();
        // Of a connect that goes on for all that is known nobody was told how it ended.
        let untold = u32::from(inner.is_connecting());
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            socket: socket.downgrade(),
            id: socket.id(),
            state: Mutex::new(State {
                watch: None,
                ended: false,
                selected: NetworkEvents::NONE,
                told_connect: inner.connects().wrapping_sub(untold),
                told_close: false,
                untold: Untold::default(),
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a selection, the first of this registration or a further one.
    pub(super) fn begin(
        &self,
        socket: &Inner,
        target: &Target,
        selected: NetworkEvents,
    ) -> io::Result<()> {
        let watch = self.watch(socket, target)?;
        // What goes with the former target may be the program's.
        let former;
        let mut state = self.lock();
        if state.ended {
            // Another thread has ended it since.
            self.leave(&watch);
            return Ok(());
        }
        former = state.watch.take();
        if let Some(former) = &former {
            self.leave(former);
            state.go_over(socket, former, target, selected);
        }
        state.selected = selected;
        watch.begin(socket, selected).inspect_err(|_| {
            self.leave(&watch);
        })?;
        state.watch = Some(watch);
        self.report_connect(&mut state, socket);
        self.report_loss(&mut state, socket);
        drop(state);
        drop(former);
        Ok(())
    }

    fn watch(&self, socket: &Inner, target: &Target) -> io::Result<Watch> {
        let route = match target {
            Target::Event(_) => None,
            Target::Outbox(_) => {
                let receiver: Weak<Self> = self.this.clone();
                Some(Window::of_process()?.route(socket.as_fd(), receiver)?)
            }
        };
        let target = target.clone();
        Ok(Watch { target, route })
    }

    /// Takes back what has come for a watch, and lets nothing more come.
    fn leave(&self, watch: &Watch) {
        if let Target::Outbox(outbox) = &watch.target {
            outbox.remove(self);
        }
        if let (Some(route), Ok(window)) = (watch.route, Window::of_process()) {
            window.close(route);
        }
    }

    /// Tells of a connect that has ended, if nobody was told: Winsock may have told the
    /// selection before, or nobody.
    fn report_connect(&self, state: &mut State, socket: &Inner) {
        let has_ended = matches!(socket.phase(), Phase::Connected | Phase::Failed);
        if has_ended && state.told_connect != socket.connects() {
            self.report(state, socket, NetworkEvent::Connect, None);
            state.signal();
        }
    }

    /// Tells of a connection that was lost before the selection: Winsock under Wine does not tell
    /// a window.
    fn report_loss(&self, state: &mut State, socket: &Inner) {
        let is_stream = socket.kind() == Kind::Stream && socket.phase() == Phase::Connected;
        let is_awaited = state.selected.contains(NetworkEvent::Close) && !state.told_close;
        if is_stream && is_awaited && network_events::is_lost(socket.as_fd()) {
            let reset = Errno::CONNRESET.raw_os_error();
            self.report(state, socket, NetworkEvent::Close, Some(reset));
            state.signal();
        }
    }

    fn report(&self, state: &mut State, socket: &Inner, event: NetworkEvent, code: Option<i32>) {
        if !state.selected.contains(event) {
            return;
        }
        let code = match event {
            NetworkEvent::Connect if state.told_connect == socket.connects() => return,
            NetworkEvent::OutOfBand if has_inline_urgent(socket) => return,
            NetworkEvent::Connect => {
                state.told_connect = socket.connects();
                socket.end_connect(code)
            }
            NetworkEvent::Close if state.told_close => return,
            NetworkEvent::Close => {
                state.told_close = true;
                // What a receive has seen first is what every later one fails with.
                let loss = socket.loss().and_then(|error| error.raw_os_error());
                loss.or(code)
            }
            _ => code,
        };
        let (Some(watch), Some(this)) = (&state.watch, self.this.upgrade()) else {
            return;
        };
        state.untold.add(&watch.target, this, event, code);
    }
}

impl State {
    /// Sets the event object for what is recorded here and not by Winsock.
    fn signal(&self) {
        match self.watch.as_ref().map(|watch| &watch.target) {
            Some(Target::Event(event)) if !self.untold.events.is_empty() => event.set(),
            _ => {}
        }
    }

    /// Keeps for a selection what its former had and the program has not learnt of. Winsock
    /// does the same between two event objects; else the new one begins with what holds.
    fn go_over(&mut self, socket: &Inner, former: &Watch, target: &Target, new: NetworkEvents) {
        let mut untold = self.untold.events;
        match (&former.target, target) {
            (Target::Event(_), Target::Event(event)) => {
                self.untold.events = untold & new;
                untold = untold.without(new);
                if !self.untold.events.is_empty() {
                    event.set();
                }
            }
            _ => {
                self.untold.end();
                self.told_close = false;
                forget(socket);
            }
        }
        if untold.contains(NetworkEvent::Close) {
            self.told_close = false;
        }
        if untold.contains(NetworkEvent::Connect) {
            self.told_connect = socket.connects().wrapping_sub(1);
        }
    }
}

impl Watch {
    /// Has Winsock report the events.
    fn begin(&self, socket: &Inner, selected: NetworkEvents) -> io::Result<()> {
        match (&self.target, self.route) {
            (Target::Event(event), _) => {
                event.with_handle(|handle| network_events::select(socket.as_fd(), handle, selected))
            }
            (Target::Outbox(_), Some(route)) => {
                Window::of_process()?.select(socket.as_fd(), route, selected)
            }
            (Target::Outbox(_), None) => Ok(()),
        }
    }
}

impl Receiver for Registration {
    fn receive(&self, route: Route, event: NetworkEvent, code: Option<i32>) {
        let Some(socket) = self.socket.upgrade() else {
            return;
        };
        let mut state = self.lock();
        if matches!(&state.watch, Some(watch) if watch.route == Some(route)) {
            if event != NetworkEvent::Connect {
                // What a connection brings comes behind it.
                self.report_connect(&mut state, &socket);
            }
            self.report(&mut state, &socket, event, code);
        }
    }
}

impl Observer for Registration {
    fn after(&self, call: Call, result: &Result<(), io::ErrorKind>) {
        // Winsock sees the calls itself. What it does not tell of is a connect that failed in
        // the call; the program knows.
        let has_failed = matches!(result, Err(kind) if *kind != io::ErrorKind::WouldBlock);
        if call != Call::Connect || !has_failed {
            return;
        }
        let Some(socket) = self.socket.upgrade() else {
            return;
        };
        if matches!(socket.phase(), Phase::Failed | Phase::Unconnected) {
            self.lock().told_connect = socket.connects();
        }
    }

    fn accepted(&self, accepted: &Socket) -> io::Result<()> {
        let state = self.lock();
        let selected = state.selected;
        let target = state.watch.as_ref().map(|watch| watch.target.clone());
        drop(state);
        match target {
            Some(target) => select(accepted, target, selected),
            None => Ok(()),
        }
    }

    fn ended(&self) -> Option<Box<dyn Any>> {
        let mut state = self.lock();
        state.ended = true;
        state.untold.end();
        let former = state.watch.take()?;
        self.leave(&former);
        match self.socket.upgrade() {
            Some(socket) if socket.is_closed() => network_events::end(socket.as_fd()),
            Some(socket) => forget(&socket),
            None => {}
        }
        Some(Box::new(former))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Has the next selection begin with what holds then, as if it were the first.
fn forget(socket: &Inner) {
    let forgotten = Window::of_process().and_then(|window| window.forget(socket.as_fd()));
    if forgotten.is_err() {
        network_events::end(socket.as_fd());
    }
}

/// Whether urgent data is part of the stream, and no out-of-band receive finds it; Winsock
/// announces READ for it, and under Wine the other, too.
fn has_inline_urgent(socket: &Inner) -> bool {
    socket.options().out_of_band_inline().unwrap_or(false)
}
