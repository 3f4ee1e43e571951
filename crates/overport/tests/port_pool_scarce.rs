//! Pools with fewer buffers than there are connections with something to receive.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use common::port::{
    CloseAtEnd, DEADLINE, associated, next, nothing, pattern, ports, received, reset, wait_until,
};
use overport::completion_port::{
    BufferPool, Completion, CompletionPort, Completions, PoolBuffer, Stream,
};

type Port = CompletionPort<u32, PoolBuffer, u32>;
type Connection = Stream<u32, PoolBuffer, u32>;

/// The connection whose pooled receive comes next, and its buffer.
#[track_caller]
fn next_received(completions: &mut Completions<'_, u32, PoolBuffer, u32>) -> (u32, PoolBuffer) {
    let (stream, buffer, result) = received(next(completions));
    assert_eq!(result.unwrap(), buffer.len());
    (*stream.key(), buffer)
}

/// A connection with a byte to receive, and a receive that waits for a buffer if none is left.
fn wants(port: &Port, key: u32, pool: &BufferPool) -> (TcpStream, Connection) {
    let (mut peer, stream) = associated(port, key);
    stream.clone().receive_pooled(pool);
    peer.write_all(&[u8::try_from(key).unwrap()]).unwrap();
    (peer, stream)
}

/// A pool all of whose buffers are out.
fn exhausted(
    port: &Port,
    completions: &mut Completions<'_, u32, PoolBuffer, u32>,
    count: usize,
) -> (BufferPool, Vec<PoolBuffer>) {
    let pool = port.buffer_pool(count, 64).unwrap();
    let held = (0..count)
        .map(|_| {
            let _ends = wants(port, 200, &pool);
            next_received(completions).1
        })
        .collect();
    assert_eq!(pool.in_use(), count);
    nothing(completions);
    (pool, held)
}

/// Rules: CP64, CP65
#[test]
fn what_nobody_receives_keeps_no_buffers_from_those_who_do() {
    for port in ports(1) as Vec<Port> {
        let pool = port.buffer_pool(4, 16).unwrap();
        let mut completions = port.completions();
        let (mut talker, listener) = associated(&port, 0);
        talker.write_all(b"first").unwrap();
        listener.receive_pooled(&pool);
        let (listener, buffer, result) = received(next(&mut completions));
        assert_eq!((result.unwrap(), &buffer[..]), (5, &b"first"[..]));
        drop(buffer);
        let unheard = pattern(4 * 16);
        talker.write_all(&unheard).unwrap();

        let (mut peer, stream) = associated(&port, 1);
        stream.receive_pooled(&pool);
        peer.write_all(b"other").unwrap();
        let (_, buffer, result) = received(next(&mut completions));
        assert_eq!((result.unwrap(), &buffer[..]), (5, &b"other"[..]));

        let (mut heard, mut listener) = (Vec::new(), listener);
        while heard.len() < unheard.len() {
            listener.receive_pooled(&pool);
            let (back, buffer, result) = received(next(&mut completions));
            assert!(result.unwrap() > 0);
            heard.extend_from_slice(&buffer);
            listener = back;
        }
        assert_eq!(heard, unheard);
    }
}

/// Rules: CP64
#[test]
fn each_buffer_that_comes_back_goes_to_one_more_of_many_connections_until_all_are_served() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (pool, mut held) = exhausted(&port, &mut completions, 3);
        let _connections: Vec<_> = (0..50).map(|key| wants(&port, key, &pool)).collect();
        nothing(&mut completions);
        let mut served = Vec::new();
        while served.len() < 50 {
            held.pop();
            let (key, buffer) = next_received(&mut completions);
            assert_eq!(&*buffer, [u8::try_from(key).unwrap()]);
            assert!(pool.in_use() <= 3);
            served.push(key);
            held.push(buffer);
            nothing(&mut completions);
        }
        served.sort_unstable();
        assert_eq!(served, (0..50).collect::<Vec<_>>());
        drop(held);
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP64
#[test]
fn connections_that_wait_for_a_buffer_get_one_in_the_order_in_which_they_came() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (pool, held) = exhausted(&port, &mut completions, 1);
        let mut connections = Vec::new();
        for key in 0..10 {
            connections.push(wants(&port, key, &pool));
            nothing(&mut completions);
        }
        drop(held);
        for expected in 0..10 {
            let (key, buffer) = next_received(&mut completions);
            assert_eq!(key, expected);
            nothing(&mut completions);
            drop(buffer);
        }
    }
}

/// Rules: CP64
#[test]
fn a_buffer_passes_by_connections_that_have_nothing_to_receive() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (pool, held) = exhausted(&port, &mut completions, 1);
        let mut idle: Vec<_> = (100..110)
            .map(|key| {
                let (peer, stream) = associated(&port, key);
                stream.receive_pooled(&pool);
                peer
            })
            .collect();
        nothing(&mut completions);
        let _connections: Vec<_> = (0..2).map(|key| wants(&port, key, &pool)).collect();
        nothing(&mut completions);
        drop(held);
        let mut keys = [0, 0].map(|_| next_received(&mut completions).0);
        keys.sort_unstable();
        assert_eq!(keys, [0, 1]);
        nothing(&mut completions);
        for peer in &mut idle {
            peer.write_all(b"x").unwrap();
        }
        for _ in &idle {
            assert!(next_received(&mut completions).0 >= 100);
        }
    }
}

/// How a connection gives up the buffer that it waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Leaves {
    Closed,
    Dropped,
    Cancelled,
    TimedOut,
    Reset,
}

/// Rules: CP64
#[test]
fn a_buffer_is_for_the_next_when_the_connection_that_waited_for_it_does_not_any_more() {
    use Leaves::{Cancelled, Closed, Dropped, Reset, TimedOut};
    for leaves in [Closed, Dropped, Cancelled, TimedOut, Reset] {
        for while_announced in [false, true] {
            for port in ports(1) as Vec<Port> {
                passes_by(&port, leaves, while_announced);
            }
        }
    }
}

/// The first connection leaves before the buffer is there, or when it is announced already.
fn passes_by(port: &Port, leaves: Leaves, while_announced: bool) {
    let mut completions = port.completions();
    let (pool, held) = exhausted(port, &mut completions, 1);
    let (mut peer, stream) = associated(port, 0);
    let soon = Instant::now() + Duration::from_millis(3);
    let waiting = match leaves {
        Leaves::TimedOut => stream.by(soon),
        _ => stream,
    };
    let keep = waiting.clone();
    waiting.receive_pooled(&pool);
    peer.write_all(b"x").unwrap();
    let mut ended = look(&mut completions);
    let (_second_peer, _second) = wants(port, 1, &pool);
    ended += look(&mut completions);
    let mut held = Some(held).filter(|_| !while_announced);
    match leaves {
        Leaves::Closed => keep.close(),
        Leaves::Cancelled | Leaves::Dropped => assert_eq!(keep.cancel_all(), 1),
        Leaves::Reset => reset(peer),
        Leaves::TimedOut => thread::sleep(soon.saturating_duration_since(Instant::now())),
    }
    let _keep = (leaves != Leaves::Dropped).then_some(keep);
    held.take();
    let mut keys = Vec::new();
    while ended < 2 {
        let (stream, buffer, result) = received(next(&mut completions));
        ended += 1;
        if result.is_ok() {
            keys.push(*stream.key());
        }
        drop((stream, buffer));
    }
    assert!(keys.contains(&1));
    nothing(&mut completions);
    assert_eq!(pool.in_use(), 0);
}

/// Lets the port see what has come; how many receives have ended, since the first connection may
/// be out of time already.
fn look(completions: &mut Completions<'_, u32, PoolBuffer, u32>) -> usize {
    let ended = completions.next(Some(Duration::ZERO)).unwrap();
    let ended = ended.map(|completion| received(completion).2.unwrap_err());
    usize::from(ended.is_some())
}

/// Rules: CP64
#[test]
fn a_connection_that_waits_at_one_pool_and_then_takes_from_another_holds_up_neither() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let (pool, held) = exhausted(&port, &mut completions, 1);
        let other = port.buffer_pool(1, 32).unwrap();
        let (_peer, stream) = wants(&port, 0, &pool);
        nothing(&mut completions);
        let _second = wants(&port, 1, &pool);
        nothing(&mut completions);
        assert_eq!(stream.cancel_all(), 1);
        assert!(received(next(&mut completions)).2.is_err());
        stream.receive_pooled(&other);
        let (key, buffer) = next_received(&mut completions);
        assert_eq!((key, buffer.capacity()), (0, 32));
        drop(held);
        assert_eq!(next_received(&mut completions).0, 1);
    }
}

/// Rules: CP64
#[test]
fn many_connections_echo_through_few_buffers() {
    for port in ports(2) as Vec<Port> {
        let pool = port.buffer_pool(2, 512).unwrap();
        let mut peers: Vec<_> = (0..40)
            .map(|key| {
                let (peer, stream) = associated(&port, key);
                stream.receive_pooled(&pool);
                peer
            })
            .collect();
        thread::scope(|scope| {
            let _close = CloseAtEnd(&port);
            for _ in 0..2 {
                scope.spawn(|| echo_pooled(&port, &pool));
            }
            for round in 0..20_u32 {
                for (number, peer) in (0_u32..).zip(&mut peers) {
                    peer.write_all(&(number * round).to_be_bytes()).unwrap();
                }
                for (number, peer) in (0_u32..).zip(&mut peers) {
                    let mut echo = [0; 4];
                    peer.read_exact(&mut echo).unwrap();
                    assert_eq!(u32::from_be_bytes(echo), number * round);
                }
            }
        });
        assert_eq!(pool.in_use(), 0);
    }
}

fn echo_pooled(port: &Port, pool: &BufferPool) {
    let mut completions = port.completions();
    while let Some(completion) = completions.next(Some(DEADLINE)).unwrap() {
        match completion {
            Completion::Receive {
                stream,
                buffer,
                result: Ok(1..),
            } => {
                stream.send(buffer);
            }
            Completion::Send {
                stream,
                buffer,
                result: Ok(_),
            } => {
                drop(buffer);
                stream.receive_pooled(pool);
            }
            _ => {}
        }
    }
}

/// Rules: CP65
#[test]
fn a_peer_that_sends_on_and_on_is_held_back_and_nothing_is_lost() {
    const SIZE: usize = 256;
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(4096, SIZE).unwrap();
        let (mut peer, stream) = associated(&port, 0);
        stream
            .options(|socket| socket.set_recv_buffer_size(SIZE))
            .unwrap();
        socket2::SockRef::from(&peer)
            .set_send_buffer_size(SIZE)
            .unwrap();
        peer.set_nonblocking(true).unwrap();
        let mut sent = 0;
        let mut send_on = || {
            let before = sent;
            while let Ok(length) = peer.write(&pattern(512)[sent % 251..]) {
                sent += length;
            }
            sent - before
        };
        stream.clone().receive_pooled(&pool);
        // What the kernel may have received before it can be told to stop.
        let under_way = send_on().div_ceil(SIZE);
        let (_, buffer) = next_received(&mut completions);
        let mut bytes = buffer.to_vec();
        drop(buffer);
        wait_until("the peer is held back", || {
            nothing(&mut completions);
            assert!(
                pool.in_use() <= 8 + under_way,
                "{}, {under_way}",
                pool.in_use()
            );
            send_on() == 0
        });
        while bytes.len() < sent {
            stream.clone().receive_pooled(&pool);
            bytes.extend_from_slice(&next_received(&mut completions).1);
        }
        assert!(bytes == pattern(sent));
        assert_eq!(pool.in_use(), 0);
    }
}

/// Rules: CP64, CP65
#[test]
fn what_waits_at_one_connection_leaves_buffers_for_the_others() {
    for port in ports(1) as Vec<Port> {
        let mut completions = port.completions();
        let pool = port.buffer_pool(64, 16).unwrap();
        let (mut greedy, stream) = associated(&port, 100);
        stream.receive_pooled(&pool);
        greedy.write_all(&pattern(4000)).unwrap();
        assert_eq!(next_received(&mut completions).0, 100);
        for key in 0..10 {
            let _connection = wants(&port, key, &pool);
            assert_eq!(next_received(&mut completions).0, key);
        }
    }
}
