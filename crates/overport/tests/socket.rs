//! What a socket keeps of Winsock where the kernel does otherwise, and its conversions.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use common::{
    Background, DEADLINE, connect, datagram, listener, loopback, pair, persist, reset, skip,
    stalling, stream,
};
use overport::Socket;
use overport::error::wsa_code;
use overport::socket::{Family, Kind};

const WSAENOTSOCK: Option<i32> = Some(10038);
const WSAEISCONN: Option<i32> = Some(10056);

fn kind<T>(result: io::Result<T>) -> ErrorKind {
    result.err().expect("the call fails").kind()
}

/// A socket whose peer has reset the connection, after the reset has come.
fn after_reset() -> (Socket, SocketAddr) {
    let (client, server) = pair();
    let peer = server.local_addr().unwrap();
    reset(server);
    (client, peer)
}

/// Rules: SK26
#[test]
fn the_peers_address_is_known_after_a_shutdown_and_after_a_reset() {
    let (client, server) = pair();
    let peer = server.local_addr().unwrap();
    client.shutdown(Shutdown::Both).unwrap();
    assert_eq!(client.peer_addr().unwrap(), peer);
    drop(server);
    assert_eq!(client.peer_addr().unwrap(), peer);

    let (client, peer) = after_reset();
    assert_eq!(kind(client.receive(&mut [0])), ErrorKind::ConnectionReset);
    assert_eq!(client.peer_addr().unwrap(), peer);
    assert_eq!(kind(stream().peer_addr()), ErrorKind::NotConnected);
}

/// Rules: SK25
#[test]
fn after_a_reset_every_transfer_fails_by_it() {
    let (client, _) = after_reset();
    for _ in 0..3 {
        assert_eq!(kind(client.receive(&mut [0])), ErrorKind::ConnectionReset);
        assert_eq!(kind(client.send(b"x")), ErrorKind::ConnectionReset);
        assert_eq!(kind(client.peek(&mut [0])), ErrorKind::ConnectionReset);
        assert_eq!(
            kind(client.receive_from(&mut [0])),
            ErrorKind::ConnectionReset
        );
        assert!(client.take_error().unwrap().is_none());
    }
}

/// Rules: SK25
#[test]
fn reading_the_error_option_does_not_lose_a_reset() {
    let (client, _) = after_reset();
    assert!(client.take_error().unwrap().is_none());
    assert_eq!(kind(client.receive(&mut [0])), ErrorKind::ConnectionReset);
    assert_eq!(kind(client.send(b"x")), ErrorKind::ConnectionReset);
}

/// Rules: SK25
#[test]
fn a_reset_after_the_end_of_the_stream_is_a_reset_to_the_sender() {
    let (client, server) = pair();
    server.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.receive(&mut [0]).unwrap(), 0);
    reset(server);
    assert_eq!(kind(client.send(b"x")), ErrorKind::ConnectionReset);
    assert_eq!(kind(client.send(b"x")), ErrorKind::ConnectionReset);
    // Who ended sending is told that instead.
    let (client, _server) = pair();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(kind(client.send(b"x")), ErrorKind::BrokenPipe);
}

/// Rules: SK36
#[test]
fn a_stream_without_a_connection_transfers_nothing() {
    let (listener, _) = listener();
    for socket in [stream(), listener] {
        assert_eq!(kind(socket.receive(&mut [0])), ErrorKind::NotConnected);
        assert_eq!(kind(socket.send(b"x")), ErrorKind::NotConnected);
        assert_eq!(
            kind(socket.send_to(b"x", loopback())),
            ErrorKind::NotConnected
        );
    }
}

/// Rules: SK31
#[test]
fn close_ends_the_calls_that_wait_in_other_threads() {
    type Call = fn(&Socket) -> io::Result<()>;
    let (listener, _) = listener();
    let (receiver, _peer) = pair();
    let (sender, _other_peer) = pair();
    let receive: Call = |socket| socket.receive(&mut [0]).map(drop);
    let calls: [(Socket, Call); 6] = [
        (listener, |socket| socket.accept().map(drop)),
        (receiver, receive),
        (datagram(), receive),
        (datagram(), |socket| socket.receive_from(&mut [0]).map(drop)),
        (sender, |socket| socket.send(&vec![0; 64 << 20]).map(drop)),
        (stream(), |socket| {
            let (_keep, address) = stalling();
            socket.connect(address)
        }),
    ];
    for (number, (socket, call)) in calls.into_iter().enumerate() {
        let socket = Arc::new(socket);
        let waits = {
            let socket = Arc::clone(&socket);
            Background::spawn(move || call(&socket))
        };
        waits.wait_until_blocked();
        socket.close();
        let error = waits.result().expect_err("it does not succeed");
        assert_eq!(wsa_code(&error), WSAENOTSOCK, "call {number}: {error}");
    }
}

/// Rules: SK31
#[test]
fn a_closed_socket_fails_every_call_as_no_socket() {
    let (client, server) = pair();
    let address = client.local_addr().unwrap();
    client.close();
    client.close();
    assert!(client.is_closed());
    let mut buffer = [0];
    let results = [
        client.receive(&mut buffer).map(drop),
        client.receive_from(&mut buffer).map(drop),
        client.peek(&mut buffer).map(drop),
        client.receive_out_of_band(&mut buffer).map(drop),
        client.send(b"x").map(drop),
        client.send_to(b"x", address).map(drop),
        client.accept().map(drop),
        client.connect(address),
        client.bind(address),
        client.listen(1),
        client.shutdown(Shutdown::Both),
        client.local_addr().map(drop),
        client.peer_addr().map(drop),
        client.take_error().map(drop),
        client.set_nonblocking(true),
        TcpStream::try_from(client).map(drop),
    ];
    for (number, result) in results.into_iter().enumerate() {
        let error = result.expect_err("the socket is closed");
        assert_eq!(wsa_code(&error), WSAENOTSOCK, "call {number}");
    }
    assert_eq!(
        server.receive(&mut buffer).unwrap(),
        0,
        "the peer sees the end"
    );
}

/// Rules: SK32
#[test]
fn a_socket_that_is_to_linger_closes_when_it_is_dropped() {
    for nonblocking in [false, true] {
        let (client, server) = pair();
        client.options().set_linger(Some(DEADLINE)).unwrap();
        client.set_nonblocking(nonblocking).unwrap();
        client.send(b"last").unwrap();
        drop(client);
        let mut buffer = [0; 8];
        assert_eq!(server.receive(&mut buffer).unwrap(), 4);
        assert_eq!(server.receive(&mut buffer).unwrap(), 0);
    }
}

/// Rules: SK19, SK37
#[test]
fn a_socket_connects_once_and_a_listener_never() {
    let (listener, address) = listener();
    let client = connect(address);
    assert_eq!(wsa_code(&client.connect(address).unwrap_err()), WSAEISCONN);
    assert_eq!(kind(listener.connect(address)), ErrorKind::InvalidInput);
    assert_eq!(kind(client.listen(1)), ErrorKind::InvalidInput);
    assert_eq!(client.send(b"x").unwrap(), 1);
}

/// Rules: SK17
#[test]
fn listen_needs_a_local_address_and_a_stream() {
    assert_eq!(kind(stream().listen(1)), ErrorKind::InvalidInput);
    assert_eq!(kind(datagram().listen(1)), ErrorKind::Unsupported);
    let (listener, address) = listener();
    listener.listen(1).unwrap();
    connect(address);
    assert_eq!(kind(stream().accept()), ErrorKind::InvalidInput);
}

/// Rules: SK16
#[test]
fn an_address_is_taken_from_what_lingers_but_not_from_what_lives() {
    let (listener, address) = listener();
    let taken = || kind(stream().bind(address));
    assert_eq!(taken(), ErrorKind::AddrInUse, "by a listener");
    let client = connect(address);
    let (server, _) = listener.accept().unwrap();
    // The side that ends first lingers in TIME_WAIT.
    server.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.receive(&mut [0]).unwrap(), 0);
    drop((client, server, listener));

    let bound = stream();
    bound.bind(address).unwrap();
    assert_eq!(taken(), ErrorKind::AddrInUse, "by a bound socket");
    bound.listen(1).unwrap();
    connect(address);
    assert_eq!(taken(), ErrorKind::AddrInUse, "by the next listener");
}

/// Rules: SK22
#[test]
fn an_accepted_socket_has_its_listeners_options() {
    let listener = stream();
    listener.bind(loopback()).unwrap();
    let options = listener.options();
    let second = Some(Duration::from_secs(1));
    options.set_linger(second).unwrap();
    options.set_keepalive(true).unwrap();
    options.set_tcp_nodelay(true).unwrap();
    options.set_out_of_band_inline(true).unwrap();
    options.set_read_timeout(second).unwrap();
    options.set_write_timeout(second).unwrap();
    options.set_recv_buffer_size(20_000).unwrap();
    options.set_send_buffer_size(30_000).unwrap();
    listener.listen(1).unwrap();
    let _client = connect(listener.local_addr().unwrap());
    let (server, _) = listener.accept().unwrap();
    let accepted = server.options();
    assert_eq!(accepted.linger().unwrap(), second);
    assert!(accepted.keepalive().unwrap());
    assert!(accepted.tcp_nodelay().unwrap());
    assert!(accepted.out_of_band_inline().unwrap());
    assert_eq!(accepted.read_timeout().unwrap(), second);
    assert_eq!(accepted.write_timeout().unwrap(), second);
    assert_eq!(
        accepted.recv_buffer_size().unwrap(),
        options.recv_buffer_size().unwrap()
    );
    assert_eq!(
        accepted.send_buffer_size().unwrap(),
        options.send_buffer_size().unwrap()
    );
}

/// Rules: SK27
#[test]
fn a_receive_timeout_ends_a_receive_and_nothing_else() {
    let (listener, address) = listener();
    let short = Some(Duration::from_millis(2));
    listener.options().set_read_timeout(short).unwrap();
    let accept = Background::spawn(move || listener.accept());
    let socket = datagram();
    socket.options().set_read_timeout(short).unwrap();
    for _ in 0..5 {
        let error = socket.receive(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(kind(socket.peek(&mut [0])), ErrorKind::TimedOut);
        assert_eq!(wsa_code(&error), Some(10060));
    }
    assert!(accept.is_under_way());
    let client = connect(address);
    let (server, _) = accept.result().unwrap();
    assert_eq!(kind(server.receive(&mut [0])), ErrorKind::TimedOut);
    client.send(b"x").unwrap();
    server.options().set_read_timeout(Some(DEADLINE)).unwrap();
    assert_eq!(server.receive(&mut [0]).unwrap(), 1);
    server.set_nonblocking(true).unwrap();
    assert_eq!(kind(server.receive(&mut [0])), ErrorKind::WouldBlock);
}

/// Rules: SK27
#[test]
fn a_send_timeout_ends_a_send_with_what_went_before() {
    let (client, _server) = pair();
    let short = Some(Duration::from_millis(2));
    client.options().set_write_timeout(short).unwrap();
    let block = vec![0; 64 << 20];
    let sent = client.send(&block).unwrap();
    assert!(0 < sent && sent < block.len());
    assert_eq!(kind(client.send(&block)), ErrorKind::TimedOut);
}

/// Rules: SK29
#[test]
fn a_peek_leaves_the_data_where_it_is() {
    let (client, server) = pair();
    client.send(b"twice").unwrap();
    let mut buffer = [0; 8];
    assert_eq!(server.peek(&mut buffer).unwrap(), 5);
    assert_eq!(server.receive(&mut buffer).unwrap(), 5);
    assert_eq!(&buffer[..5], b"twice");
}

/// Rules: SK28
#[test]
fn the_out_of_band_byte_comes_beside_the_stream_or_in_it() {
    let (client, server) = pair();
    let mut buffer = [0; 16];
    assert_eq!(
        kind(server.receive_out_of_band(&mut buffer)),
        ErrorKind::InvalidInput
    );
    assert_eq!(client.send_out_of_band(b"abc!").unwrap(), 4);
    assert_eq!(
        persist(|| server.receive_out_of_band(&mut buffer)).unwrap(),
        1
    );
    assert_eq!(buffer[0], b'!');
    assert_eq!(server.receive(&mut buffer).unwrap(), 3);

    server.options().set_out_of_band_inline(true).unwrap();
    assert_eq!(client.send_out_of_band(b"!").unwrap(), 1);
    assert_eq!(server.receive(&mut buffer).unwrap(), 1);
    assert_eq!(buffer[0], b'!');
    assert_eq!(
        kind(server.receive_out_of_band(&mut buffer)),
        ErrorKind::InvalidInput
    );
}

/// Rules: SK35, SK38
#[test]
fn an_ipv6_socket_is_for_ipv6_only() {
    let listener = match Socket::listen_at((Ipv6Addr::LOCALHOST, 0).into()) {
        Ok(listener) => listener,
        // A machine without IPv6 says so in one of two ways.
        Err(error) => {
            let code = wsa_code(&error);
            assert!(code == Some(10047) || code == Some(10049), "{error}");
            return skip("there is no IPv6");
        }
    };
    assert!(listener.options().only_v6().unwrap());
    let client = Socket::new(Family::Ipv6, Kind::Stream).unwrap();
    client.connect(listener.local_addr().unwrap()).unwrap();
    let (server, peer) = listener.accept().unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    assert!(peer.is_ipv6());
    client.send(b"six").unwrap();
    assert_eq!(server.receive(&mut [0; 8]).unwrap(), 3);

    let receiver = Socket::new(Family::Ipv6, Kind::Datagram).unwrap();
    receiver.bind((Ipv6Addr::LOCALHOST, 0).into()).unwrap();
    receiver
        .send_to(b"self", receiver.local_addr().unwrap())
        .unwrap();
    let (length, sender) = receiver.receive_from(&mut [0; 8]).unwrap();
    assert_eq!((length, sender), (4, receiver.local_addr().unwrap()));
}

/// Rules: SK34
#[test]
fn sockets_go_from_and_to_the_standard_librarys_types() {
    let listener = Socket::from(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let address = listener.local_addr().unwrap();
    let client = Socket::from(TcpStream::connect(address).unwrap());
    assert_eq!(client.peer_addr().unwrap(), address);
    let (server, _) = listener.accept().unwrap();
    let mut server = TcpStream::try_from(server).unwrap();
    client.send(b"to std").unwrap();
    let mut buffer = [0; 6];
    server.read_exact(&mut buffer).unwrap();
    server.write_all(&buffer).unwrap();
    assert_eq!(client.receive(&mut buffer).unwrap(), 6);

    let listener = TcpListener::try_from(listener).unwrap();
    let _second = TcpStream::connect(address).unwrap();
    listener.accept().unwrap();

    let receiver = Socket::from(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let sender = UdpSocket::try_from(datagram()).unwrap();
    sender
        .send_to(b"datagram", receiver.local_addr().unwrap())
        .unwrap();
    assert_eq!(receiver.receive(&mut [0; 16]).unwrap(), 8);
    assert_eq!(kind(TcpStream::try_from(receiver)), ErrorKind::InvalidInput);
    assert_eq!(kind(UdpSocket::try_from(client)), ErrorKind::InvalidInput);
}

/// Rules: SK34
#[test]
fn a_converted_socket_keeps_its_mode() {
    let (client, _server) = pair();
    client.set_nonblocking(true).unwrap();
    let mut client = TcpStream::try_from(client).unwrap();
    assert_eq!(kind(client.read(&mut [0])), ErrorKind::WouldBlock);
    let client = Socket::from(client);
    if !client.is_nonblocking() {
        return skip("the system does not tell the mode of a socket");
    }
    assert_eq!(kind(client.receive(&mut [0])), ErrorKind::WouldBlock);
}

/// Rules: SK34
#[test]
fn a_converted_socket_waits_in_blocking_mode_as_it_did() {
    let (client, server) = pair();
    let server = TcpStream::try_from(server).unwrap();
    let receive = Background::spawn(move || (&server).read(&mut [0]).map(|_| server));
    receive.wait_until_blocked();
    client.send(b"x").unwrap();
    let server = Socket::from(receive.result().unwrap());
    assert!(!server.is_nonblocking());
    let receive = Background::spawn(move || server.receive(&mut [0]));
    receive.wait_until_blocked();
    client.send(b"x").unwrap();
    assert_eq!(receive.result().unwrap(), 1);
}

/// Rules: SK34
#[test]
fn a_converted_socket_keeps_the_phase_of_its_connection() {
    let (_keep, address) = stalling();
    let raw = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    raw.set_nonblocking(true).unwrap();
    raw.connect(&address.into()).unwrap_err();
    let connecting = Socket::try_from(raw).unwrap();
    match overport::nonblocking::is_connected(&connecting) {
        Err(error) if error.kind() == ErrorKind::NotConnected => {
            skip("the system does not tell a connect under way from none");
        }
        result => assert!(!result.unwrap()),
    }
}

#[test]
fn a_socket_of_another_family_is_refused() {
    match socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None) {
        Ok(unix) => assert!(Socket::try_from(unix).is_err()),
        Err(_) => skip("there are no sockets of the unix family"),
    }
}

/// Rules: SK6
#[test]
fn a_connected_datagram_socket_sends_to_its_peer() {
    let (one, other) = (datagram(), datagram());
    one.connect(other.local_addr().unwrap()).unwrap();
    assert_eq!(one.peer_addr().unwrap(), other.local_addr().unwrap());
    assert_eq!(one.send(b"hi").unwrap(), 2);
    let (length, from) = other.receive_from(&mut [0; 8]).unwrap();
    assert_eq!((length, from), (2, one.local_addr().unwrap()));
    // It may have another peer later.
    one.connect(one.local_addr().unwrap()).unwrap();
    one.send(b"self").unwrap();
    assert_eq!(one.receive(&mut [0; 8]).unwrap(), 4);
}
