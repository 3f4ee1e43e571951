//! What a second client waits for: the first client, or nothing.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use common::{Background, DEADLINE, connect, listener};
use overport::Socket;

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Accepted(SocketAddr),
    Echoed(SocketAddr),
    Left(SocketAddr),
}

fn echo(client: &Socket, peer: SocketAddr, events: &Sender<Event>) -> io::Result<()> {
    let mut buffer = [0; 64];
    loop {
        let length = client.receive(&mut buffer)?;
        if length == 0 {
            let _ = events.send(Event::Left(peer));
            return Ok(());
        }
        let _ = events.send(Event::Echoed(peer));
        client.send(&buffer[..length])?;
    }
}

fn iterative(listener: &Socket, events: &Sender<Event>) -> io::Result<()> {
    for _ in 0..2 {
        let (client, peer) = listener.accept()?;
        let _ = events.send(Event::Accepted(peer));
        echo(&client, peer, events)?;
    }
    Ok(())
}

fn concurrent(listener: &Socket, events: &Sender<Event>) -> io::Result<()> {
    thread::scope(|clients| {
        for _ in 0..2 {
            let (client, peer) = listener.accept()?;
            let _ = events.send(Event::Accepted(peer));
            clients.spawn(move || echo(&client, peer, events));
        }
        Ok(())
    })
}

type Serve = fn(&Socket, &Sender<Event>) -> io::Result<()>;

fn start(serve: Serve) -> (SocketAddr, Receiver<Event>, Background<io::Result<()>>) {
    let (listener, address) = listener();
    let (sender, events) = channel();
    let server = Background::spawn(move || serve(&listener, &sender));
    (address, events, server)
}

fn assert_echo(client: &Socket) {
    let mut buffer = [0; 64];
    assert_eq!(client.receive(&mut buffer).unwrap(), 5);
    assert_eq!(&buffer[..5], b"hello");
}

/// Rules: SK14
#[test]
fn an_iterative_server_keeps_the_second_client_until_the_first_has_left() {
    let (address, events, server) = start(iterative);
    let next = || events.recv_timeout(DEADLINE).unwrap();
    let first = connect(address);
    let second = connect(address);
    let first_addr = first.local_addr().unwrap();
    let second_addr = second.local_addr().unwrap();
    second.send(b"hello").unwrap();
    first.send(b"hello").unwrap();
    assert_echo(&first);
    assert_eq!(next(), Event::Accepted(first_addr));
    assert_eq!(next(), Event::Echoed(first_addr));
    drop(first);
    assert_echo(&second);
    drop(second);
    // The second client's message was there first, and was answered last.
    assert_eq!(next(), Event::Left(first_addr));
    assert_eq!(next(), Event::Accepted(second_addr));
    assert_eq!(next(), Event::Echoed(second_addr));
    assert_eq!(next(), Event::Left(second_addr));
    server.result().unwrap();
}

/// Rules: SK15
#[test]
fn a_concurrent_server_answers_the_second_client_while_the_first_is_idle() {
    let (address, events, server) = start(concurrent);
    let next = || events.recv_timeout(DEADLINE).unwrap();
    let first = connect(address);
    let second = connect(address);
    let first_addr = first.local_addr().unwrap();
    let second_addr = second.local_addr().unwrap();
    second.send(b"hello").unwrap();
    assert_echo(&second);
    let mut so_far = [next(), next(), next()];
    so_far.sort_by_key(|event| matches!(event, Event::Echoed(_)));
    assert_eq!(
        so_far,
        [
            Event::Accepted(first_addr),
            Event::Accepted(second_addr),
            Event::Echoed(second_addr)
        ]
    );
    first.send(b"hello").unwrap();
    assert_echo(&first);
    assert_eq!(next(), Event::Echoed(first_addr));
    drop((first, second));
    server.result().unwrap();
}
