//! `async_select`: the queue, its descriptor, the program's own messages, and sinks.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::resume_unwind;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use common::events::receive;
use common::messages::Short::{Event, Number};
use common::messages::{assert_empty, is_readable, next, next_of, queue};
use common::{DEADLINE, connect, listener, pair};
use overport::NetworkEvent::{Accept, Close, Read as Readable, Write as Writable};
use overport::async_select::{
    Message, MessageQueue, Poster, SocketMessage, select, select_for_sink,
};
use overport::socket::SocketId;
use overport::{NetworkEvents, Socket};

/// Rules: AS10
#[test]
fn the_programs_messages_come_between_the_sockets_in_the_order_of_posting() {
    let (_client, first) = pair();
    let (_other_client, second) = pair();
    let mut queue = queue();
    select(&first, &queue, NetworkEvents::WRITE).unwrap();
    assert!(is_readable(&queue, DEADLINE), "the event is posted");
    queue.post(1);
    queue.post(2);
    select(&second, &queue, NetworkEvents::WRITE).unwrap();
    assert_eq!(next_of(&first, &mut queue), Event(Writable));
    assert_eq!(next_of(&first, &mut queue), Number(1));
    assert_eq!(next_of(&first, &mut queue), Number(2));
    assert_eq!(next_of(&second, &mut queue), Event(Writable));
    assert_empty(&mut queue);
}

/// Rules: AS9, AS10
#[test]
fn a_handler_that_posts_to_itself_hears_of_its_sockets_all_the_same() {
    let (client, server) = pair();
    let mut queue = queue();
    select(&server, &queue, NetworkEvents::READ).unwrap();
    client.send(b"data").unwrap();
    queue.post(0);
    for _ in 0..1000 {
        match next_of(&server, &mut queue) {
            Number(number) => queue.post(number + 1),
            event => {
                assert_eq!(event, Event(Readable));
                return;
            }
        }
    }
    panic!("the socket starves");
}

/// Rules: AS11
#[test]
fn any_thread_posts_each_in_its_own_order_until_the_queue_is_gone() {
    let mut queue = queue();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let poster = queue.poster();
            thread::spawn(move || {
                for number in 0..100 {
                    poster.post(thread * 1000 + number).unwrap();
                }
                poster
            })
        })
        .collect();
    let mut expected = [0, 1000, 2000, 3000];
    for _ in 0..400 {
        let Message::Program(number) = next(&mut queue) else {
            panic!("no socket is selected");
        };
        let thread = usize::try_from(number / 1000).unwrap();
        assert_eq!(number, expected[thread]);
        expected[thread] += 1;
    }
    assert_empty(&mut queue);
    drop(queue);
    for thread in threads {
        let error = thread.join().unwrap().post(7).unwrap_err();
        assert_eq!(error.0, 7, "the message comes back");
    }
}

/// Rules: AS12
#[test]
fn a_wait_for_a_message_lasts_its_timeout_or_until_one_comes() {
    let mut queue = queue();
    let timeout = Duration::from_millis(20);
    let begin = Instant::now();
    assert!(queue.next(Some(timeout)).unwrap().is_none());
    assert!(begin.elapsed() >= timeout);
    assert!(queue.try_next().unwrap().is_none());
    let poster = queue.poster();
    let thread = thread::spawn(move || poster.post(5).unwrap());
    let message = queue.next(Some(Duration::MAX)).unwrap();
    assert!(matches!(message, Some(Message::Program(5))));
    thread.join().unwrap();
}

/// Rules: AS13
#[test]
fn a_foreign_loop_over_the_descriptor_serves_an_echo() {
    let (listener, address) = listener();
    let mut queue = queue();
    let mask = NetworkEvents::ACCEPT | NetworkEvents::READ | NetworkEvents::CLOSE;
    select(&listener, &queue, mask).unwrap();
    let poster = queue.poster();
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        for length in [1, 1000, 50_000] {
            let data = vec![length as u8; length];
            stream.write_all(&data).unwrap();
            let mut answer = vec![0; length];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(answer, data);
        }
        drop(stream);
        poster.post(0).unwrap();
    });
    let mut clients = HashMap::new();
    let mut stopped = false;
    while !(stopped && clients.is_empty()) {
        assert!(is_readable(&queue, DEADLINE), "a message comes");
        while let Some(message) = queue.try_next().unwrap() {
            match message {
                Message::Program(_) => stopped = true,
                Message::Socket(message) => echo(&listener, &mut clients, &message),
            }
        }
    }
    client.join().unwrap();
    assert!(!is_readable(&queue, Duration::ZERO));
}

fn echo(listener: &Socket, clients: &mut HashMap<SocketId, Socket>, message: &SocketMessage) {
    match message.event {
        Accept => {
            let (socket, _) = listener.accept().unwrap();
            clients.insert(socket.id(), socket);
        }
        Close => {
            clients.remove(&message.socket);
        }
        _ => {
            let socket = &clients[&message.socket];
            let data = receive(socket, 4096);
            assert_eq!(socket.send(&data).unwrap(), data.len());
        }
    }
}

/// Rules: AS14
#[test]
fn a_sink_gets_the_messages_in_order_from_one_thread_and_accepted_sockets_too() {
    let (listener, address) = listener();
    let (sender, receiver) = mpsc::channel();
    let sink = move |message: SocketMessage| {
        let thread = thread::current().id();
        let _ = sender.send((thread, message.socket, message.event));
    };
    let mask = NetworkEvents::ACCEPT | NetworkEvents::READ | NetworkEvents::CLOSE;
    select_for_sink(&listener, Arc::new(sink), mask).unwrap();
    let client = connect(address);
    let (of_accept, id, event) = receiver.recv_timeout(DEADLINE).unwrap();
    assert_eq!((id, event), (listener.id(), Accept));
    let (server, _) = listener.accept().unwrap();
    client.send(b"ab").unwrap();
    let (of_read, id, event) = receiver.recv_timeout(DEADLINE).unwrap();
    assert_eq!((id, event), (server.id(), Readable));
    assert_eq!(of_read, of_accept);
    assert_ne!(of_read, thread::current().id());
    // The call that answers posts by way of the same thread.
    assert_eq!(receive(&server, 1), b"a");
    let (of_read, _, event) = receiver.recv_timeout(DEADLINE).unwrap();
    assert_eq!((of_read, event), (of_accept, Readable));
    assert_eq!(receive(&server, 1), b"b");
    drop(client);
    let (_, id, event) = receiver.recv_timeout(DEADLINE).unwrap();
    assert_eq!((id, event), (server.id(), Close));
    // The sockets held the sink, and with them it goes.
    drop((server, listener));
    assert_eq!(
        receiver.recv_timeout(DEADLINE),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
}

/// What a sink panics with may panic in turn when it is dropped.
struct PanicsAgain;

impl Drop for PanicsAgain {
    fn drop(&mut self) {
        resume_unwind(Box::new("on purpose"));
    }
}

/// Rules: AS14
#[test]
fn a_sink_may_use_its_sockets_and_its_panic_harms_no_other() {
    let (_client, first) = pair();
    let panicking = |_: SocketMessage| resume_unwind(Box::new(PanicsAgain));
    select_for_sink(&first, Arc::new(panicking), NetworkEvents::WRITE).unwrap();

    let (client, second) = pair();
    let second = Arc::new(second);
    let (sender, receiver) = mpsc::channel();
    let socket = Arc::downgrade(&second);
    let echo = move |_: SocketMessage| {
        let socket = socket.upgrade().expect("the test holds it");
        let data = receive(&socket, 16);
        socket.send(&data).unwrap();
        drop(socket);
        sender.send(data).unwrap();
    };
    select_for_sink(&second, Arc::new(echo), NetworkEvents::READ).unwrap();
    client.send(b"hello").unwrap();
    assert_eq!(receiver.recv_timeout(DEADLINE).unwrap(), b"hello");
    assert_eq!(receive(&client, 16), b"hello");
}

/// What the queue holds when it is dropped may post to it once more.
#[derive(Debug)]
struct PostsAgain(Poster<PostsAgain>, mpsc::Sender<bool>);

impl Drop for PostsAgain {
    fn drop(&mut self) {
        let again = PostsAgain(self.0.clone(), self.1.clone());
        let refused = match self.0.post(again) {
            Err(error) => {
                // It is not to post again in turn.
                std::mem::forget(error);
                true
            }
            Ok(()) => false,
        };
        let _ = self.1.send(refused);
    }
}

/// Rules: AS11
#[test]
fn messages_that_are_dropped_with_the_queue_run_their_code_without_its_lock() {
    let queue = MessageQueue::new().unwrap();
    let (sender, receiver) = mpsc::channel();
    queue.post(PostsAgain(queue.poster(), sender));
    drop(queue);
    assert!(receiver.recv_timeout(DEADLINE).unwrap());
}
