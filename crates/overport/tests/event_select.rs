//! `event_select`: what a selection is, and how what was recorded is taken.

mod common;

use std::io::ErrorKind;
use std::net::TcpStream;

use common::events::{assert_quiet, await_bytes, await_events, event, receive};
use common::sets::{NOW, SOON};
use common::{connect, listener, loopback, pair, stream};
use overport::event::EventObject;
use overport::event_select::{Taken, select, take};
use overport::{NetworkEvent, NetworkEvents, Socket, async_select};

/// Rules: EV8
#[test]
fn selecting_makes_the_socket_non_blocking_for_as_long_as_it_lasts() {
    let (listener, _) = listener();
    let event = event();
    select(&listener, &event, NetworkEvents::ACCEPT).unwrap();
    assert!(listener.is_nonblocking());
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let error = listener.set_nonblocking(false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);

    select(&listener, &event, NetworkEvents::NONE).unwrap();
    assert!(listener.is_nonblocking(), "it stays so");
    listener.set_nonblocking(false).unwrap();
    assert!(!listener.is_nonblocking());
}

/// Rules: EV9, EV11
#[test]
fn only_selected_events_are_recorded_and_none_after_the_selection_has_ended() {
    let (client, server) = pair();
    let event = event();
    select(&server, &event, NetworkEvents::CLOSE).unwrap();
    client.send(b"data").unwrap();
    await_bytes(&server, 4);
    assert_quiet(&server, &event);
    select(&server, &event, NetworkEvents::NONE).unwrap();
    drop(client);
    assert_quiet(&server, &event);
    assert_eq!(receive(&server, 8), b"data");
}

/// Rules: EV12
#[test]
fn what_is_so_already_is_recorded_at_the_selection() {
    let (client, server) = pair();
    client.send(b"data").unwrap();
    await_bytes(&server, 4);
    let event = event();
    let mask = NetworkEvents::READ | NetworkEvents::WRITE;
    select(&server, &event, mask).unwrap();
    let taken = take(&server, &event).unwrap();
    assert_eq!(taken.events(), mask);
    assert_quiet(&server, &event);
}

/// Rules: EV9, EV12
#[test]
fn a_selection_that_was_ended_leaves_nothing_behind_for_the_next() {
    let (client, server) = pair();
    client.send(b"data").unwrap();
    await_bytes(&server, 4);
    let event = event();
    let mask = NetworkEvents::READ | NetworkEvents::WRITE;
    for _ in 0..2 {
        select(&server, &event, mask).unwrap();
        await_events(&server, &event, mask);
        select(&server, &event, NetworkEvents::NONE).unwrap();
        assert_quiet(&server, &event);
    }
}

/// Rules: EV13
#[test]
fn selecting_again_does_not_repeat_what_was_recorded() {
    let (client, server) = pair();
    client.send(b"data").unwrap();
    let (first, second) = (event(), event());
    select(&server, &first, NetworkEvents::READ).unwrap();
    await_events(&server, &first, NetworkEvents::READ);
    select(&server, &first, NetworkEvents::READ).unwrap();
    assert_quiet(&server, &first);
    select(&server, &second, NetworkEvents::READ).unwrap();
    assert_quiet(&server, &second);
    // What was never recorded is no repetition.
    let both = NetworkEvents::READ | NetworkEvents::WRITE;
    select(&server, &second, both).unwrap();
    await_events(&server, &second, NetworkEvents::WRITE);
    // The call arms it for the new event object.
    assert_eq!(receive(&server, 2), b"da");
    await_events(&server, &second, NetworkEvents::READ);
    assert!(!first.is_set().unwrap());
}

/// Rules: EV10, EV13, EV26
#[test]
fn what_was_recorded_and_not_taken_goes_over_to_the_new_event_object() {
    let (client, server) = pair();
    client.send(b"data").unwrap();
    let (first, second) = (event(), event());
    select(&server, &first, NetworkEvents::READ).unwrap();
    assert!(first.is_set().unwrap());
    select(&server, &second, NetworkEvents::READ).unwrap();
    await_events(&server, &second, NetworkEvents::READ);
    // Deselected before it was taken, it was not recorded for the next selection.
    assert_eq!(receive(&server, 1), b"d");
    select(&server, &second, NetworkEvents::CLOSE).unwrap();
    second.reset();
    assert_quiet(&server, &second);
    select(&server, &second, NetworkEvents::READ).unwrap();
    await_events(&server, &second, NetworkEvents::READ);
}

/// Rules: EV10
#[test]
fn a_message_queue_replaces_the_event_object_and_the_other_way_round() {
    let (client, server) = pair();
    let event = event();
    let mut queue = async_select::MessageQueue::<()>::new().unwrap();
    select(&server, &event, NetworkEvents::READ).unwrap();
    async_select::select(&server, &queue, NetworkEvents::READ).unwrap();
    client.send(b"data").unwrap();
    assert_quiet(&server, &event);
    assert!(queue.next(SOON).unwrap().is_some());
    select(&server, &event, NetworkEvents::READ).unwrap();
    await_events(&server, &event, NetworkEvents::READ);
    receive(&server, 2);
    await_events(&server, &event, NetworkEvents::READ);
    assert!(queue.next(NOW).unwrap().is_none());
}

/// Rules: EV14
#[test]
fn an_accepted_socket_inherits_events_and_event_object_with_its_own_record() {
    let (listener, address) = listener();
    let event = event();
    let mask = NetworkEvents::ACCEPT | NetworkEvents::READ;
    select(&listener, &event, mask).unwrap();
    let client = connect(address);
    await_events(&listener, &event, NetworkEvents::ACCEPT);
    let (server, _) = listener.accept().unwrap();
    assert!(server.is_nonblocking());
    assert_quiet(&server, &event);
    client.send(b"data").unwrap();
    assert!(event.wait(SOON).unwrap());
    let of_listener = take(&listener, &event).unwrap();
    assert_eq!(of_listener.events(), NetworkEvents::NONE);
    let of_server = take(&server, &event).unwrap();
    assert_eq!(of_server.events(), NetworkEvents::READ);
}

/// Rules: EV15
#[test]
fn sockets_that_share_an_event_object_have_records_of_their_own() {
    let event = event();
    let pairs = [pair(), pair()];
    for (_, server) in &pairs {
        select(server, &event, NetworkEvents::READ).unwrap();
    }
    for (client, _) in &pairs {
        client.send(b"data").unwrap();
    }
    assert!(event.wait(SOON).unwrap());
    let first = take(&pairs[0].1, &event).unwrap();
    assert_eq!(first.events(), NetworkEvents::READ);
    let second = take(&pairs[1].1, &event).unwrap();
    assert_eq!(second.events(), NetworkEvents::READ);
}

/// Rules: EV15, EV28
#[test]
fn what_is_recorded_while_a_shared_event_is_answered_leaves_it_set() {
    let event = EventObject::auto_reset().unwrap();
    let pairs = [pair(), pair()];
    for (_, server) in &pairs {
        select(server, &event, NetworkEvents::READ).unwrap();
    }
    pairs[0].0.send(b"data").unwrap();
    assert!(event.wait(SOON).unwrap());
    assert_eq!(take(&pairs[1].1, None).unwrap(), Taken::default());
    pairs[1].0.send(b"data").unwrap();
    await_bytes(&pairs[1].1, 4);
    let first = take(&pairs[0].1, None).unwrap();
    assert_eq!(first.events(), NetworkEvents::READ);
    assert!(event.wait(SOON).unwrap());
    let second = take(&pairs[1].1, None).unwrap();
    assert_eq!(second.events(), NetworkEvents::READ);
}

/// Rules: EV20, EV12
#[test]
fn a_connect_that_ended_before_the_selection_unseen_is_told() {
    let (_listener, address) = listener();
    let client = stream();
    client.set_nonblocking(true).unwrap();
    client.connect(address).unwrap_err();
    let event = event();
    select(&client, &event, NetworkEvents::CONNECT).unwrap();
    await_events(&client, &event, NetworkEvents::CONNECT);
}

/// Rules: EV28
#[test]
fn take_clears_the_record_and_resets_the_event() {
    let (client, server) = pair();
    client.send(b"data").unwrap();
    await_bytes(&server, 4);
    let event = event();
    select(&server, &event, NetworkEvents::ALL).unwrap();
    assert!(event.is_set().unwrap());
    let taken = take(&server, &event).unwrap();
    let events: Vec<NetworkEvent> = taken
        .iter()
        .map(|(event, result)| result.map(|()| event).unwrap())
        .collect();
    assert_eq!(events, [NetworkEvent::Read, NetworkEvent::Write]);
    assert_quiet(&server, &event);
}

/// Rules: EV29
#[test]
fn resetting_the_event_alone_leaves_the_record() {
    let (client, server) = pair();
    let event = event();
    select(&server, &event, NetworkEvents::READ).unwrap();
    client.send(b"data").unwrap();
    assert!(event.wait(SOON).unwrap());
    event.reset();
    assert!(!event.is_set().unwrap());
    let taken = take(&server, &event).unwrap();
    assert_eq!(taken.events(), NetworkEvents::READ);
}

/// Rules: EV2
#[test]
fn an_auto_reset_event_object_is_reset_by_the_wait() {
    let (client, server) = pair();
    let event = EventObject::auto_reset().unwrap();
    select(&server, &event, NetworkEvents::READ).unwrap();
    client.send(b"data").unwrap();
    assert!(event.wait(SOON).unwrap());
    assert!(!event.wait(NOW).unwrap());
    let taken = take(&server, &event).unwrap();
    assert_eq!(taken.events(), NetworkEvents::READ);
}

/// Rules: EV30
#[test]
fn a_closed_socket_is_not_told_of_and_refuses() {
    let (client, server) = pair();
    let event = event();
    select(&server, &event, NetworkEvents::ALL).unwrap();
    await_events(&server, &event, NetworkEvents::WRITE);
    server.close();
    drop(client);
    assert!(!event.is_set().unwrap());
    // WSAENOTSOCK, as from every other call.
    let code = |error| overport::error::wsa_code(&error);
    assert_eq!(code(take(&server, &event).unwrap_err()), Some(10038));
    let refused = select(&server, &event, NetworkEvents::ALL).unwrap_err();
    assert_eq!(code(refused), Some(10038));
}

/// Rules: EV30
#[test]
fn whatever_is_dropped_or_forgotten_first_nothing_breaks() {
    let (client, server) = pair();
    let event = event();
    select(&server, &event, NetworkEvents::READ).unwrap();
    client.send(b"data").unwrap();
    drop(server);
    event.reset();
    // The connection may be gone already.
    let _ = client.send(b"more");
    assert!(!event.is_set().unwrap());

    let (client, server) = pair();
    let object = self::event();
    select(&server, &object, NetworkEvents::READ).unwrap();
    drop(object);
    client.send(b"data").unwrap();
    assert_eq!(receive(&server, 8), b"data");
    select(&server, &event, NetworkEvents::CLOSE).unwrap();
    drop(client);
    await_events(&server, &event, NetworkEvents::CLOSE);

    let (client, server) = pair();
    let object = self::event();
    select(&server, &object, NetworkEvents::READ).unwrap();
    client.send(b"data").unwrap();
    std::mem::forget(server);
    assert!(object.wait(SOON).unwrap());
}

/// Rules: EV30
#[test]
fn a_selection_does_not_keep_the_socket_open() {
    let (client, server) = pair();
    let event = event();
    select(&server, &event, NetworkEvents::ALL).unwrap();
    drop(server);
    assert_eq!(client.receive(&mut [0; 8]).unwrap(), 0);
}

/// Rules: EV16
#[test]
fn a_standard_listener_can_be_selected() {
    let listener = Socket::from(std::net::TcpListener::bind(loopback()).unwrap());
    let event = event();
    select(&listener, &event, NetworkEvents::ACCEPT).unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    await_events(&listener, &event, NetworkEvents::ACCEPT);
}
