//! What the kernel is asked for when an operation has to wait.

use std::os::fd::AsFd;

use super::{Half, Source};
use crate::completion_port::engine::token::Subject;
use crate::completion_port::operation::Request;

impl<K, B, P> Source<K, B, P> {
    /// Sees to it that the kernel tells when the next operation of the direction may go on. To
    /// be called whenever there is another next operation, or it could not be done.
    pub(super) fn arm(&self, half: &mut Half<K, B, P>, reads: bool) {
        let Some(watch) = self.engine.registry().watch().asks() else {
            return;
        };
        let Half {
            socket: Ok(socket),
            direction,
            flights,
        } = half
        else {
            return;
        };
        let Some(next) = direction.waiting().filter(|_| !flights.rests) else {
            return;
        };
        if let Request::ReceivePooled { shelf, .. } = &next.request {
            if flights.receives || flights.is_starved() {
                return;
            }
            if self.signals.inbox.take_starved() && !shelf.has_free_for(self.token) {
                return flights.starve(shelf);
            }
            let Some(group) = shelf.group() else {
                return;
            };
            self.signals.depart();
            self.signals.inbox.open(shelf);
            flights.receives = true;
            flights.has_received = true;
            watch.receive(socket.as_fd(), self.token, group);
        } else if flights.receives {
            // What it has received by its end comes first.
            if !flights.stops {
                flights.stops = true;
                watch.cancel(self.token, Subject::Received);
            }
        } else if !flights.polls {
            let subject = if reads {
                Subject::Reading
            } else {
                Subject::Writing
            };
            self.signals.depart();
            flights.polls = true;
            // The kernel takes the end of what the peer sends for room to write, and an error
            // that no call takes for something to read: asked once more each time, it would
            // answer at once each time.
            let on_and_on = !reads || flights.told_in_vain;
            watch.poll(socket.as_fd(), self.token, subject, on_and_on);
        }
    }
}
