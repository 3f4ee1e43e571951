//! What the kernel is asked for when an operation has to wait.

use std::os::fd::AsFd;
use std::sync::Arc;

use socket2::Socket;

use super::flights::Flights;
use super::{Half, Source};
use crate::completion_port::engine::token::Subject;
use crate::completion_port::engine::watch::Uring;
use crate::completion_port::pool::Shelf;

impl<K, B, P> Source<K, B, P> {
    /// Sees to it that the kernel tells when the next operation of the direction may go on. To
    /// be called whenever there is another next operation, or it could not be done.
    pub(super) fn arm(&self, half: &mut Half<K, B, P>, reads: bool) {
        let Half {
            socket,
            direction,
            flights,
        } = half;
        flights.pass_on_unless(|fed| {
            let next = direction.front().and_then(|next| next.request.shelf());
            next.is_some_and(|next| Arc::ptr_eq(fed, next))
        });
        let Some(watch) = self.engine.registry().watch().asks() else {
            return;
        };
        let Some(socket) = socket else {
            return;
        };
        let Some(next) = direction.waiting().filter(|_| !flights.rests) else {
            return;
        };
        let shelf = next.request.shelf();
        if shelf.is_some_and(|shelf| flights.receives_into(shelf)) {
            return self.signals.want();
        }
        if flights.receives() {
            // What it has received by its end comes first.
            if !flights.stops {
                flights.stops = true;
                watch.cancel(self.token, Subject::Received);
            }
        } else if let Some(shelf) = shelf {
            self.receive(watch, socket, shelf, flights);
        } else if !flights.polls {
            let subject = Subject::of(reads);
            self.signals.depart(subject);
            flights.polls = true;
            // The kernel takes the end of what the peer sends for room to write, and an error
            // that no call takes for something to read: asked once more each time, it would
            // answer at once each time.
            let on_and_on = !reads || flights.told_in_vain;
            watch.poll(socket.as_fd(), self.token, subject, on_and_on);
        }
    }

    /// Has the kernel receive into buffers of the shelf, as soon as that has one.
    fn receive(&self, watch: &Uring, socket: &Socket, shelf: &Arc<Shelf>, flights: &mut Flights) {
        if flights.is_starved(self.token, shelf) {
            return;
        }
        if self.signals.inbox.take_starved() && !shelf.has_free_for(self.token) {
            return flights.starve(shelf);
        }
        let Some(group) = shelf.group() else {
            return;
        };
        // It had to wait for a buffer though nothing may have come, and then leaves it.
        let fed_in_vain = flights.take_fed().filter(|_| is_empty(socket));
        let once = self.signals.depart_into(group);
        flights.receive_into(shelf);
        watch.receive(socket.as_fd(), self.token, group, once);
        if let Some(shelf) = fed_in_vain {
            shelf.feed_next();
        }
    }
}

/// Whether a receive would get no bytes now.
fn is_empty(socket: &Socket) -> bool {
    rustix::io::ioctl_fionread(socket).unwrap_or(0) == 0
}
