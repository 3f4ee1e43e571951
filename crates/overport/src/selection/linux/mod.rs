//! The registration with an epoll instance: the I/O around the rules of [`rearm`].
//!
//! A registration has one lock. Under it an event is armed, the socket looked at, and what is
//! found recorded, whether a call of the program or an edge of the driver's epoll is the cause.
//! So an event that comes between a call and its arming is found by the look, and one that
//! comes later by its edge.
//!
//! Locks are taken in this order: a driver's edges or a socket's observer, a registration, an
//! event or a queue. The registration holds its target, and neither holds the socket open.

mod rearm;
mod sight;

use std::any::Any;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::select;
use super::target::{Delivery, Errnos, Target};
use super::untold::Untold;
use crate::driver::{Driver, Watched};
use crate::event::EventObject;
use crate::network_events::{NetworkEvent, NetworkEvents};
use crate::socket::{Call, Inner, Observer, Socket, SocketId};
use rearm::{Next, Outcome, Rearm};
use sight::Sight;

/// What watches the sockets whose notices go to an outbox.
pub(crate) trait Source {
    fn driver(&self) -> &Driver;
}

impl Target {
    fn driver(&self) -> &Driver {
        match self {
            Self::Event(event) => event.driver(),
            Self::Outbox(outbox) => outbox.driver(),
        }
    }
}

/// Who records the events of one socket.
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
    rearm: Rearm,
    untold: Untold,
}

#[derive(Debug)]
struct Watch {
    target: Target,
    token: u64,
}

impl Registration {
    /// Takes what was recorded for the event object that the socket is selected for, and
    /// resets `event` in the same step.
    pub(crate) fn take(
        &self,
        _socket: &Inner,
        event: Option<&EventObject>,
    ) -> io::Result<(NetworkEvents, Errnos)> {
        let reset = || event.into_iter().for_each(EventObject::reset);
        let Some(selected) = self.event() else {
            reset();
            return Ok(Default::default());
        };
        selected.drive()?;
        let mut state = self.lock();
        reset();
        Ok(state.untold.take())
    }

    fn event(&self) -> Option<EventObject> {
        match &self.lock().watch.as_ref()?.target {
            Target::Event(event) => Some(event.clone()),
            Target::Outbox(_) => None,
        }
    }

    /// What a notice brings, unless the selection that it is for has ended.
    pub(super) fn deliver(&self, selection: u64, event: NetworkEvent) -> Option<Delivery> {
        self.lock().untold.deliver(self.id, selection, event)
    }

    pub(super) fn new(socket: &Socket) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            socket: socket.downgrade(),
            id: socket.id(),
            state: Mutex::new(State {
                watch: None,
                ended: false,
                rearm: Rearm::new(NetworkEvents::NONE, false),
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
        inner: &Inner,
        target: &Target,
        selected: NetworkEvents,
    ) -> io::Result<()> {
        let mut state = self.lock();
        if state.ended {
            // Another thread has ended it since.
            return Ok(());
        }
        let former = self.watch(&mut state, inner, target, selected)?;
        state.begin(former.as_ref(), selected, inner.is_connecting());
        self.look(&mut state);
        // What goes with the former target may be the program's.
        drop(state);
        drop(former);
        Ok(())
    }

    /// Has the target's driver watch the socket, and no other driver.
    fn watch(
        &self,
        state: &mut State,
        inner: &Inner,
        target: &Target,
        selected: NetworkEvents,
    ) -> io::Result<Option<Watch>> {
        let driver = target.driver();
        if selected.contains(NetworkEvent::Accept) {
            driver.prepare_to_defer()?;
        }
        let former = state.watch.as_ref();
        let token = match former.filter(|former| std::ptr::eq(former.target.driver(), driver)) {
            Some(former) => former.token,
            None => {
                let token = driver.enrol(self.this.clone());
                if let Err(error) = driver.watch(inner, token) {
                    driver.retire(Some(inner), token);
                    return Err(error);
                }
                if let Some(former) = former {
                    former.target.driver().retire(Some(inner), former.token);
                }
                token
            }
        };
        if let Some(Target::Outbox(outbox)) = former.map(|former| &former.target) {
            outbox.remove(self);
        }
        let target = target.clone();
        Ok(state.watch.replace(Watch { target, token }))
    }

    /// Reports what is awaited and holds.
    fn look(&self, state: &mut State) {
        let awaited = state.rearm.awaited();
        if awaited.is_empty() {
            return;
        }
        let Some(socket) = self.socket.upgrade().filter(|socket| !socket.is_closed()) else {
            return;
        };
        // poll(2) of one descriptor fails for want of memory only; the next edge looks again.
        let Ok(sight) = Sight::of(&socket, awaited) else {
            return;
        };
        for event in state.rearm.look(sight.holding).iter() {
            self.report(state, event, sight.errno(event));
        }
    }

    fn report(&self, state: &mut State, event: NetworkEvent, errno: Option<i32>) {
        let (Some(watch), Some(this)) = (&state.watch, self.this.upgrade()) else {
            return;
        };
        state.untold.add(&watch.target, this, event, errno);
        if let Target::Event(object) = &watch.target {
            object.set();
        }
    }

    /// Looks when the driver's timer has run out.
    fn look_later(&self, state: &mut State) {
        let deferred = match &state.watch {
            Some(watch) => watch.target.driver().defer(watch.token),
            None => return,
        };
        if deferred.is_err() {
            // Better too soon than never.
            state.rearm.rested();
            self.look(state);
        }
    }
}

impl State {
    /// Decides what is reported of the socket's present state to a new selection.
    fn begin(&mut self, former: Option<&Watch>, selected: NetworkEvents, connecting: bool) {
        let untold = self.untold.events.without(selected);
        let targets = (former.map(|former| &former.target), &self.watch);
        match targets {
            (None, _) => self.rearm = Rearm::new(selected, connecting),
            (
                Some(Target::Event(former)),
                Some(Watch {
                    target: Target::Event(event),
                    ..
                }),
            ) => {
                self.untold.events = self.untold.events & selected;
                if !self.untold.events.is_empty() && !event.is_same(former) {
                    event.set();
                }
                self.rearm.select_again(selected, untold);
            }
            _ => {
                let untold = self.untold.end();
                self.rearm.start_again(selected, untold);
            }
        }
    }
}

impl Watched for Registration {
    fn edge(&self) {
        self.look(&mut self.lock());
    }

    fn retry(&self) {
        let mut state = self.lock();
        state.rearm.rested();
        self.look(&mut state);
    }
}

impl Observer for Registration {
    fn after(&self, call: Call, result: &Result<(), io::ErrorKind>) {
        let mut state = self.lock();
        match state.rearm.called(call, outcome(result)) {
            Next::Rest => {}
            Next::Look => self.look(&mut state),
            Next::Later => self.look_later(&mut state),
        }
    }

    fn accepted(&self, accepted: &Socket) -> io::Result<()> {
        let state = self.lock();
        let selected = state.rearm.selected();
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
        let former = state.watch.take();
        if let Some(Watch { target, token }) = &former {
            target
                .driver()
                .retire(self.socket.upgrade().as_deref(), *token);
            if let Target::Outbox(outbox) = target {
                outbox.remove(self);
            }
        }
        Some(Box::new(former?))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

fn outcome(result: &Result<(), io::ErrorKind>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(io::ErrorKind::WouldBlock) => Outcome::WouldBlock,
        Err(_) => Outcome::Failed,
    }
}
