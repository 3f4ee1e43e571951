//! What each of the nine models rests on here: all of them are the system's own.

use std::io;

use overport::async_select::MessageQueue;
use overport::event::EventObject;

use super::super::models::{Built, Model};
use crate::serve::{NoPort, RestsOn};

/// What has to be had for a model beside sockets.
type Trial = fn() -> io::Result<()>;

const MODELS: &[(&str, &str, Option<Trial>)] = &[
    ("iterative", "accept, recv, send", None),
    ("thread", "accept, recv, send; a thread a client", None),
    (
        "nonblocking",
        "accept, recv, send that never wait (FIONBIO)",
        None,
    ),
    ("select", "select", None),
    (
        "async-select",
        "WSAAsyncSelect; the messages of a message-only window",
        Some(message_queue),
    ),
    (
        "event-select",
        "WSAEventSelect and WSAEnumNetworkEvents",
        Some(event),
    ),
    (
        "overlapped-event",
        "WSARecv and WSASend with events",
        Some(event),
    ),
    (
        "overlapped-routine",
        "WSARecv and WSASend with routines",
        None,
    ),
];

/// The models, in the order of the program's help; `port` is what came of making one.
pub(super) fn examine(port: &Result<RestsOn, NoPort>) -> Vec<Model> {
    let models = MODELS.iter().map(|&(name, rests_on, trial)| {
        let error = trial.and_then(|trial| trial().err());
        Model {
            usable: error.is_none(),
            reason: error.map(|error| error.to_string()),
            ..Model::usable(name, rests_on, Built::SystemCall)
        }
    });
    let port = Model::completion_port(
        port,
        Built::SystemCall,
        "CreateIoCompletionPort and GetQueuedCompletionStatusEx",
    );
    models.chain([port]).collect()
}

fn message_queue() -> io::Result<()> {
    MessageQueue::<()>::new().map(drop)
}

fn event() -> io::Result<()> {
    EventObject::manual_reset().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::port_rests_on;

    #[test]
    fn there_are_nine_and_all_are_usable() {
        let models = examine(&port_rests_on());
        assert_eq!(models.len(), 9);
        let unusable: Vec<_> = models.iter().filter(|model| !model.usable).collect();
        assert!(unusable.is_empty(), "{unusable:?}");
    }
}
