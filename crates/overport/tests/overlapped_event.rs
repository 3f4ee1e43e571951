//! The overlapped model, completion by event, and the synchronous calls.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::io::{self, ErrorKind, Read, Write};
use std::mem::{self, MaybeUninit};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use overport::buffer::Buffer;
use overport::error::{is_cancelled, wsa_code};
use overport::event::{EventObject, wait_all, wait_any};
use overport::overlapped::{Buffers, Datagram, Listener, Operation, Stream};
use overport::socket::{Family, Kind, Socket};

const NOW: Option<Duration> = Some(Duration::ZERO);
const DEADLINE: Option<Duration> = Some(Duration::from_secs(10));
const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

type Transfer = Operation<(io::Result<usize>, [Vec<u8>; 1])>;

/// Far more than the buffers of a connection hold.
const LARGE: usize = 16 << 20;

fn pair() -> (Stream, TcpStream) {
    let listener = TcpListener::bind(LOOPBACK).unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_read_timeout(DEADLINE).unwrap();
    (listener.accept().unwrap().0.try_into().unwrap(), peer)
}

fn event() -> EventObject {
    EventObject::manual_reset().unwrap()
}

fn room(bytes: usize) -> [Vec<u8>; 1] {
    [Vec::with_capacity(bytes)]
}

fn pattern(length: usize) -> Vec<u8> {
    let block: Vec<u8> = (0..=250).collect();
    let mut pattern = block.repeat(length.div_ceil(block.len()));
    pattern.truncate(length);
    pattern
}

/// Sends until a send has to wait for the peer: Winsock takes any number of bytes at once while
/// there is room for one. How many bytes have not waited, and the send that does.
fn send_until_pending(stream: &Stream, event: &EventObject) -> (usize, Transfer) {
    for sends in 0..8 {
        let send = stream.send([pattern(LARGE)]).signal(event);
        if !send.is_complete() {
            return (sends * LARGE, send);
        }
        assert_eq!(send.wait().0.unwrap(), LARGE);
    }
    panic!("no send waits");
}

/// What came of an operation whose event tells its end.
fn result_of<T>(operation: Operation<T>, event: &EventObject) -> T {
    assert!(event.wait(DEADLINE).unwrap(), "the operation ends");
    operation
        .result()
        .expect("the event says that it has ended")
}

/// Receives on a stream until so many bytes are there.
fn receive_exactly(stream: &Stream, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let (result, [received]) = stream.receive([bytes]).wait();
        assert_ne!(result.unwrap(), 0, "the stream goes on");
        bytes = received;
    }
    bytes
}

/// Rules: OV1, OV6, OV7, OV11
#[test]
fn an_operation_pends_until_there_is_a_result_and_its_event_tells() {
    let (stream, mut peer) = pair();
    let event = event();
    event.set();
    let operation = stream.receive(room(64)).signal(&event);
    assert!(!event.is_set().unwrap());
    assert!(!operation.is_complete());
    let operation = operation.result().expect_err("nothing has come");

    peer.write_all(b"hello").unwrap();
    assert!(event.wait(DEADLINE).unwrap());
    assert!(operation.is_complete());
    let (result, [buffer]) = operation.result().expect("its event is set");
    assert_eq!(result.unwrap(), 5);
    assert_eq!(buffer, b"hello");
}

/// Rules: OV3
#[test]
fn an_operation_that_can_complete_at_once_still_signals_its_event() {
    let (stream, mut peer) = pair();
    let sent = event();
    let send = stream
        .send([b"there is room"].map(|bytes| bytes.to_vec()))
        .signal(&sent);
    assert_eq!(result_of(send, &sent).0.unwrap(), 13);

    peer.write_all(b"here").unwrap();
    // A receive of zero bytes: what was sent is there from now on.
    stream.receive(room(0)).wait().0.unwrap();
    let received = EventObject::auto_reset().unwrap();
    let receive = stream.receive(room(64)).signal(&received);
    assert_eq!(wait_any(&[&received], DEADLINE).unwrap(), Some(0));
    assert_eq!(receive.wait().1, [b"here".to_vec()]);
}

/// Rules: OV4
#[test]
fn without_an_overlapped_a_call_waits_as_the_blocking_call_does() {
    let (stream, mut peer) = pair();
    assert!(!stream.is_nonblocking());
    thread::scope(|scope| {
        let receive = scope.spawn(|| stream.receive(room(64)).wait());
        let send = scope.spawn(|| stream.send([pattern(LARGE)]).wait());
        // The send can't end before its bytes are read.
        let mut received = vec![0; LARGE];
        peer.read_exact(&mut received).unwrap();
        assert!(received == pattern(LARGE));
        assert_eq!(send.join().unwrap().0.unwrap(), LARGE);
        peer.write_all(b"now").unwrap();
        let (result, [buffer]) = receive.join().unwrap();
        assert_eq!(result.unwrap(), 3);
        assert_eq!(buffer, b"now");
    });
}

/// Rules: OV4
#[test]
fn without_an_overlapped_a_non_blocking_call_does_what_it_can_at_once() {
    let (stream, mut peer) = pair();
    stream.set_nonblocking(true);
    let (result, [buffer]) = stream.receive(room(64)).wait();
    assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(buffer.capacity(), 64);

    let (result, [buffer]) = stream.send([pattern(LARGE)]).wait();
    // Linux takes a part of it, and Winsock all.
    let sent = result.unwrap();
    assert!(0 < sent && sent <= LARGE);
    assert!(buffer == pattern(LARGE));
    let mut received = vec![0; sent];
    peer.read_exact(&mut received).unwrap();
    assert!(received == pattern(sent));
}

/// Rules: OV4
#[test]
fn without_an_overlapped_a_call_keeps_to_the_timeout_of_the_socket() {
    let timeout = Duration::from_millis(20);
    let (stream, mut peer) = pair();
    stream
        .options(|options| options.set_read_timeout(Some(timeout)))
        .unwrap();
    let start = Instant::now();
    let (result, _) = stream.receive(room(64)).wait();
    assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(start.elapsed() >= timeout);
    peer.write_all(b"later").unwrap();
    assert_eq!(receive_exactly(&stream, 5), b"later");
}

/// Rules: OV4, OV13
#[test]
fn a_non_blocking_call_takes_nothing_that_a_pending_operation_waits_for() {
    let (stream, mut peer) = pair();
    let event = event();
    let pending = stream.receive(room(2)).signal(&event);
    stream.set_nonblocking(true);
    let (result, _) = stream.receive(room(2)).wait();
    assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
    peer.write_all(b"ab").unwrap();
    assert_eq!(result_of(pending, &event).1, [b"ab".to_vec()]);
}

/// Rules: OV5, OV8
#[test]
fn buffers_of_128_and_256_bytes_are_gathered_and_scattered_in_order() {
    let (stream, peer) = pair();
    let peer = Stream::try_from(peer).unwrap();
    let [sent, received] = [event(), event()];
    let bytes = pattern(384);
    let parts = [bytes[..128].to_vec(), bytes[128..].to_vec()];
    let send = stream.send(parts.clone()).signal(&sent);
    let (result, gathered) = result_of(send, &sent);
    assert_eq!(result.unwrap(), 384);
    assert_eq!(gathered, parts);

    let buffers = [Vec::with_capacity(256), Vec::with_capacity(256)];
    let receive = peer.receive(buffers).signal(&received);
    let (result, [first, second]) = result_of(receive, &received);
    assert_eq!(result.unwrap(), 384);
    assert!(first == bytes[..256] && second == bytes[256..]);

    // One segment, and more than one system call takes.
    let many: Vec<_> = bytes.iter().map(|&byte| vec![byte]).collect();
    assert_eq!(peer.send(many).wait().0.unwrap(), 384);
    assert!(receive_exactly(&stream, 384) == bytes);
}

/// Rules: OV5, OV9, OV27
#[test]
fn an_operation_without_a_segment_is_refused_by_its_result() {
    let (stream, _peer) = pair();
    let datagram = Datagram::try_from(UdpSocket::bind(LOOPBACK).unwrap()).unwrap();
    let to = datagram.local_addr().unwrap();
    let none = Vec::<Vec<u8>>::new;
    let event = event();
    let refused = |result: io::Result<usize>| {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
    };
    refused(result_of(stream.receive(none()).signal(&event), &event).0);
    refused(result_of(stream.send(none()).signal(&event), &event).0);
    refused(result_of(datagram.send_to(none(), to).signal(&event), &event).0);
    let (result, _) = result_of(datagram.receive_from(none()).signal(&event), &event);
    refused(result.map(|(length, _)| length));
    refused(stream.send(none()).wait().0);
    stream.set_nonblocking(true);
    refused(stream.send(none()).wait().0);
}

/// Rules: OV10
#[test]
fn a_receive_into_no_room_waits_for_data_and_takes_none() {
    let (stream, mut peer) = pair();
    let event = event();
    let operation = stream.receive(room(0)).signal(&event);
    assert!(!operation.is_complete());
    peer.write_all(b"data").unwrap();
    assert_eq!(result_of(operation, &event).0.unwrap(), 0);
    assert_eq!(receive_exactly(&stream, 4), b"data");
}

/// Rules: OV11
#[test]
fn a_receive_completes_with_0_at_the_end_of_the_stream() {
    let (stream, peer) = pair();
    let event = event();
    let operation = stream.receive(room(8)).signal(&event);
    drop(peer);
    assert_eq!(result_of(operation, &event).0.unwrap(), 0);
    let again = stream.receive(room(8)).signal(&event);
    assert_eq!(result_of(again, &event).0.unwrap(), 0);
}

/// Rules: OV2, OV12
#[test]
fn large_sends_go_out_in_order_while_their_issuer_is_not_at_the_library() {
    let (stream, mut peer) = pair();
    let [first, second] = [event(), event()];
    let (before, one) = send_until_pending(&stream, &first);
    let two = stream
        .send([vec![255; 1000], vec![254; 1000]])
        .signal(&second);
    assert!(!one.is_complete() && !two.is_complete());

    // The issuer is in read(2) of the standard library all the time.
    let mut received = vec![0; before + LARGE + 2000];
    peer.read_exact(&mut received).unwrap();
    let received = &received[before..];
    assert!(received[..LARGE] == pattern(LARGE));
    assert!(received[LARGE..][..1000] == [255; 1000]);
    assert!(received[LARGE + 1000..] == [254; 1000]);
    assert!(wait_all(&[&first, &second], DEADLINE).unwrap());
    assert_eq!(one.wait().0.unwrap(), LARGE);
    assert_eq!(two.wait().0.unwrap(), 2000);
}

/// Rules: OV13
#[test]
fn receives_that_pend_fill_in_the_order_of_their_calls() {
    let (stream, mut peer) = pair();
    let events: Vec<_> = (0..4).map(|_| event()).collect();
    let operations: Vec<_> = events
        .iter()
        .map(|event| stream.receive(room(3)).signal(event))
        .collect();
    peer.write_all(b"aaabbbccc").unwrap();
    let mut filled = Vec::new();
    for (operation, event) in operations.into_iter().zip(&events).take(3) {
        filled.extend(result_of(operation, event).1);
    }
    assert_eq!(filled, [b"aaa", b"bbb", b"ccc"].map(|bytes| bytes.to_vec()));
    assert!(!events[3].is_set().unwrap());
}

/// Rules: OV8, OV14
#[test]
fn a_datagram_is_gathered_and_scattered_whole_and_names_its_sender() {
    let [sender, receiver] =
        [(); 2].map(|()| Datagram::try_from(UdpSocket::bind(LOOPBACK).unwrap()).unwrap());
    let [sent, received] = [event(), event()];
    let receive = receiver
        .receive_from([Vec::with_capacity(3), Vec::with_capacity(64)])
        .signal(&received);
    let parts = [b"one ".to_vec(), b"datagram".to_vec()];
    let send = sender
        .send_to(parts, receiver.local_addr().unwrap())
        .signal(&sent);
    assert_eq!(result_of(send, &sent).0.unwrap(), 12);
    let (result, [head, tail]) = result_of(receive, &received);
    assert_eq!(result.unwrap(), (12, sender.local_addr().unwrap()));
    assert_eq!((&head[..], &tail[..]), (&b"one"[..], &b" datagram"[..]));

    // An empty one is one, and what does not fit is lost and missed.
    for bytes in [&b""[..], b"too long"] {
        let (result, _) = sender
            .send_to([bytes.to_vec()], receiver.local_addr().unwrap())
            .wait();
        assert_eq!(result.unwrap(), bytes.len());
    }
    let (result, _) = receiver.receive_from(room(3)).wait();
    assert_eq!(result.unwrap().0, 0);
    let (result, [buffer]) = receiver.receive_from(room(3)).wait();
    assert_eq!(wsa_code(&result.unwrap_err()), Some(10040));
    assert_eq!(buffer, b"too");
}

/// Rules: OV15
#[test]
fn operations_follow_neither_the_mode_nor_the_timeouts_of_the_socket() {
    let (stream, mut peer) = pair();
    let timeout = Duration::from_millis(10);
    stream.set_nonblocking(true);
    stream
        .options(|options| options.set_read_timeout(Some(timeout)))
        .unwrap();
    let event = event();
    let operation = stream.receive(room(8)).signal(&event);
    assert!(!event.wait(Some(timeout * 3)).unwrap());
    peer.write_all(b"late").unwrap();
    assert_eq!(result_of(operation, &event).0.unwrap(), 4);
}

/// Rules: OV1, OV3
#[test]
fn connections_are_made_taken_and_ended_by_operations() {
    let listener = Listener::try_from(TcpListener::bind(LOOPBACK).unwrap()).unwrap();
    let client = Stream::try_from(Socket::new(Family::Ipv4, Kind::Stream).unwrap()).unwrap();
    let [accepted, connected, ended] = [event(), event(), event()];
    let accept = listener.accept().signal(&accepted);
    assert!(!accept.is_complete());
    let connect = client
        .connect(listener.local_addr().unwrap())
        .signal(&connected);
    result_of(connect, &connected).unwrap();
    let (server, peer) = result_of(accept, &accepted).unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    assert_eq!(server.peer_addr().unwrap(), peer);

    client.send([b"last".to_vec()]).wait().0.unwrap();
    result_of(client.disconnect().signal(&ended), &ended).unwrap();
    assert_eq!(receive_exactly(&server, 4), b"last");
    assert_eq!(server.receive(room(8)).wait().0.unwrap(), 0);
}

/// Rules: OV4
#[test]
fn an_accepted_socket_has_the_mode_of_its_listener() {
    let listener = Listener::try_from(TcpListener::bind(LOOPBACK).unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let _client = TcpStream::connect(address).unwrap();
    assert!(!listener.accept().wait().unwrap().0.is_nonblocking());
    listener.set_nonblocking(true);
    let error = listener.accept().wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let event = event();
    let accept = listener.accept().signal(&event);
    let _another = TcpStream::connect(address).unwrap();
    assert!(result_of(accept, &event).unwrap().0.is_nonblocking());
}

/// Rules: OV3, OV27
#[test]
fn a_refused_connect_ends_with_the_refusal() {
    let address = TcpListener::bind(LOOPBACK).unwrap().local_addr().unwrap();
    let client = Stream::try_from(Socket::new(Family::Ipv4, Kind::Stream).unwrap()).unwrap();
    let event = event();
    let connect = client.connect(address).signal(&event);
    let error = result_of(connect, &event).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    client.set_nonblocking(true);
    let error = client.connect(address).wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

/// Rules: OV5, OV22, OV23
#[test]
fn a_cancelled_operation_ends_as_cancelled_and_took_nothing() {
    let (stream, mut peer) = pair();
    let [cancelled, stays] = [event(), event()];
    let [buffer] = room(8);
    let memory = buffer.as_ptr();
    let operation = stream.receive([buffer]).signal(&cancelled);
    let next = stream.receive(room(8)).signal(&stays);
    assert!(operation.cancel());
    assert!(cancelled.wait(DEADLINE).unwrap());
    assert!(!operation.cancel());
    let (result, [buffer]) = operation.result().expect("its event is set");
    assert!(is_cancelled(&result.unwrap_err()));
    assert_eq!(buffer.as_ptr(), memory);

    peer.write_all(b"for next").unwrap();
    assert!(stays.wait(DEADLINE).unwrap());
    assert!(!next.cancel());
    assert_eq!(next.wait().1, [b"for next".to_vec()]);
}

/// Rules: OV22
#[test]
fn all_operations_of_a_socket_are_cancelled_together_and_no_others() {
    let (stream, _peer) = pair();
    let (other, mut its_peer) = pair();
    let events = [event(), event()];
    let operations = [0, 1].map(|index| stream.receive(room(8)).signal(&events[index]));
    let its_event = event();
    let its_operation = other.receive(room(8)).signal(&its_event);
    assert_eq!(stream.cancel_all(), 2);
    assert_eq!(stream.cancel_all(), 0);
    for (operation, event) in operations.into_iter().zip(&events) {
        assert!(is_cancelled(&result_of(operation, event).0.unwrap_err()));
    }
    its_peer.write_all(b"on").unwrap();
    assert_eq!(result_of(its_operation, &its_event).0.unwrap(), 2);
}

/// Rules: OV5, OV24, OV27
#[test]
fn closing_the_socket_aborts_its_pending_transfers() {
    let (stream, mut peer) = pair();
    let [received, sent] = [event(), event()];
    let receive = stream.receive(room(8)).signal(&received);
    let (_, send) = send_until_pending(&stream, &sent);
    assert!(!stream.is_closed());
    stream.close();
    assert!(stream.is_closed());
    let (result, [buffer]) = result_of(receive, &received);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionAborted);
    assert_eq!(buffer.capacity(), 8);
    let (result, [buffer]) = result_of(send, &sent);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionAborted);
    assert_eq!(buffer.len(), LARGE);

    let late = stream.receive(room(8)).signal(&received);
    let error = result_of(late, &received).0.unwrap_err();
    assert_eq!(wsa_code(&error), Some(10038));
    // The peer learns of the close, perhaps by a reset since a send was cut off.
    let _ = peer.read_to_end(&mut Vec::new());
}

/// Rules: OV25
#[test]
fn a_reset_ends_what_is_pending() {
    let (stream, peer) = pair();
    let events = [event(), event(), event()];
    let receives = [0, 1].map(|index| stream.receive(room(8)).signal(&events[index]));
    let (_, send) = send_until_pending(&stream, &events[2]);
    socket2::SockRef::from(&peer)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(peer);
    for (receive, event) in receives.into_iter().zip(&events) {
        let error = result_of(receive, event).0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    let (result, [buffer]) = result_of(send, &events[2]);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(buffer.len(), LARGE);
}

/// Rules: OV26
#[test]
fn an_operation_whose_handle_is_gone_goes_on_and_keeps_its_buffers() {
    for leave in [drop::<Operation<_>>, mem::forget] {
        let (stream, mut peer) = pair();
        let [earlier, event] = [event(), event()];
        let (_, _earlier) = send_until_pending(&stream, &earlier);
        let bytes = Arc::new(b"the last".to_vec());
        leave(stream.send([Arc::clone(&bytes)]).signal(&event));
        drop(stream);
        assert_eq!(Arc::strong_count(&bytes), 2);
        assert!(!event.wait(NOW).unwrap());

        let mut received = Vec::new();
        peer.read_to_end(&mut received).unwrap();
        assert!(received.ends_with(&bytes));
        assert!(event.wait(DEADLINE).unwrap());
    }
}

/// Rules: OV26
#[test]
fn the_buffers_of_a_dropped_operation_are_dropped_at_its_end() {
    let (stream, _peer) = pair();
    let event = event();
    let (_, _first) = send_until_pending(&stream, &event);
    let bytes = Arc::new(b"not sent".to_vec());
    drop(stream.send([Arc::clone(&bytes)]).signal(&event));
    stream.close();
    assert!(event.wait(DEADLINE).unwrap());
    let start = Instant::now();
    while Arc::strong_count(&bytes) > 1 {
        assert!(start.elapsed() < DEADLINE.unwrap(), "it is kept");
        thread::yield_now();
    }
}

/// Panics when it is dropped, with what panics when it is dropped.
struct Fragile(Vec<u8>);

struct FragileToo;

impl Drop for FragileToo {
    fn drop(&mut self) {
        resume_unwind(Box::new("on purpose"));
    }
}

#[expect(unsafe_code, reason = "an implementation of Buffer")]
// SAFETY: it is the vector's.
unsafe impl Buffer for Fragile {
    fn filled(&self) -> &[u8] {
        self.0.filled()
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        self.0.spare()
    }

    unsafe fn advance(&mut self, length: usize) {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.0.advance(length) }
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        resume_unwind(Box::new(FragileToo));
    }
}

/// Rules: OV26
#[test]
fn a_buffer_whose_drop_panics_does_not_hold_up_other_operations() {
    let (stream, mut peer) = pair();
    let event = event();
    drop(stream.receive([Fragile(Vec::new())]).signal(&event));
    peer.write_all(b"data").unwrap();
    assert!(event.wait(DEADLINE).unwrap());
    assert_eq!(receive_exactly(&stream, 4), b"data");
}

/// Rules: OV26
#[test]
fn a_request_that_is_dropped_starts_nothing() {
    fn requested<B: Buffers>(stream: &Stream, buffers: B) {
        drop(stream.send(buffers));
    }
    let (stream, mut peer) = pair();
    let bytes = Arc::new(b"not sent".to_vec());
    requested(&stream, [Arc::clone(&bytes)]);
    assert_eq!(Arc::strong_count(&bytes), 1);
    drop(stream);
    let mut received = Vec::new();
    assert_eq!(peer.read_to_end(&mut received).unwrap(), 0);
}

/// Rules: OV1, OV7
#[test]
fn sixty_four_operations_are_waited_for_at_once() {
    let connections: Vec<_> = (0..64).map(|_| pair()).collect();
    let events: Vec<_> = (0..64).map(|_| event()).collect();
    let mut operations: Vec<_> = connections
        .iter()
        .zip(&events)
        .map(|((stream, _), event)| Some(stream.receive(room(8)).signal(event)))
        .collect();
    for index in [63, 0, 31] {
        (&connections[index].1).write_all(b"me").unwrap();
        assert_eq!(wait_any(&events, DEADLINE).unwrap(), Some(index));
        let operation = operations[index].take().expect("it is under way");
        assert_eq!(result_of(operation, &events[index]).0.unwrap(), 2);
        events[index].reset();
    }
    assert_eq!(wait_any(&events, NOW).unwrap(), None);
}
