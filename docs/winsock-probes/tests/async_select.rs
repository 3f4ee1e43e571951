//! WSAAsyncSelect: what is posted, and when again.
#![cfg(windows)]

use windows_sys::Win32::Networking::WinSock::*;
use windows_sys::Win32::UI::WindowsAndMessaging::WM_USER;
use winsock_probes::{EVENT_MESSAGE, Event, LONG_MS, Socket, Window};

/// AS1, AS2, AS4, AS7
#[test]
fn accept_is_armed_by_accept_and_inherited() {
    let window = Window::new();
    let (listener, port) = Socket::listener();
    window.select(&listener, FD_ACCEPT | FD_READ | FD_WRITE | FD_CLOSE);
    let clients = [Socket::stream(), Socket::stream()];
    clients[0].connect(port).unwrap();
    assert_eq!(window.expect(&listener, 1), [(FD_ACCEPT, 0)]);
    clients[1].connect(port).unwrap();
    assert_eq!(window.quiet(), []);
    let server = listener.accept().unwrap();
    let mut after = [window.message(LONG_MS), window.message(LONG_MS)]
        .map(|message| message.map(|(_, socket, event, error)| (socket, event, error)));
    after.sort();
    let mut expected = [
        Some((listener.0, FD_ACCEPT, 0)),
        Some((server.0, FD_WRITE, 0)),
    ];
    expected.sort();
    assert_eq!(after, expected);
}

/// AS2, AS4
#[test]
fn read_is_armed_by_a_receive() {
    let window = Window::new();
    let (client, server) = Socket::pair();
    window.select(&server, FD_READ);
    client.send(&[1; 10]).unwrap();
    assert_eq!(window.expect(&server, 1), [(FD_READ, 0)]);
    client.send(&[1; 10]).unwrap();
    assert_eq!(window.quiet(), [], "before a receive");
    server.receive(5).unwrap();
    assert_eq!(window.expect(&server, 1), [(FD_READ, 0)]);
    server.receive_all(15);
    assert_eq!(window.quiet(), [], "all received");
}

/// AS3
#[test]
fn write_and_close() {
    let window = Window::new();
    let (client, server) = Socket::pair();
    window.select(&server, FD_WRITE | FD_READ | FD_CLOSE);
    assert_eq!(window.expect(&server, 1), [(FD_WRITE, 0)]);
    let sent = server.fill();
    assert_eq!(window.quiet(), []);
    client.receive_all(sent);
    assert_eq!(window.expect(&server, 1), [(FD_WRITE, 0)]);
    client.end();
    assert_eq!(window.expect(&server, 1), [(FD_CLOSE, 0)]);
    assert_eq!(server.receive(1), Ok(Vec::new()));
    assert_eq!(window.quiet(), []);
}

/// AS6
#[test]
fn selecting_again_posts_again() {
    let window = Window::new();
    let (client, server) = Socket::pair();
    window.select(&server, FD_READ | FD_WRITE);
    client.send(&[1]).unwrap();
    let mut first = window.expect(&server, 2);
    first.sort();
    assert_eq!(first, [(FD_READ, 0), (FD_WRITE, 0)]);
    window.select(&server, FD_READ | FD_WRITE);
    let mut again = window.quiet();
    again.sort();
    assert_eq!(again, [(FD_READ, 0), (FD_WRITE, 0)]);
    server.receive(1).unwrap();
    client.end();
    window.select(&server, FD_CLOSE);
    assert_eq!(window.quiet(), [(FD_CLOSE, 0)]);
    window.select(&server, FD_CLOSE);
    assert_eq!(window.quiet(), [(FD_CLOSE, 0)]);
}

/// AS5
#[test]
fn one_selection_replaces_the_other() {
    let window = Window::new();
    let (client, server) = Socket::pair();
    window.select(&server, FD_READ);
    let event = Event::new();
    event.select(&server, FD_READ);
    client.send(&[1]).unwrap();
    event.expect(&server, FD_READ);
    assert_eq!(window.quiet(), []);
    window.select(&server, FD_READ);
    assert_eq!(window.quiet(), [(FD_READ, 0)]);
    event.select(&server, FD_READ);
    assert!(event.quiet(&server).is_empty());
    window.select(&server, FD_READ);
    window.select(&server, 0);
    println!(
        "queued before the end of the selection: {:?}",
        window.quiet()
    );
}

/// AS8
#[test]
fn closing_a_socket_and_its_messages() {
    let window = Window::new();
    let (client, server) = Socket::pair();
    window.select(&server, FD_READ | FD_WRITE);
    client.send(&[1]).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    drop(server);
    println!("still queued after the close: {:?}", window.quiet());
}

/// AS10
#[test]
fn messages_keep_their_order() {
    let window = Window::new();
    let (_first_peer, first) = Socket::pair();
    let (_second_peer, second) = Socket::pair();
    window.select(&first, FD_WRITE);
    window.post(WM_USER + 7);
    window.select(&second, FD_WRITE);
    window.post(WM_USER + 8);
    let numbers = std::iter::from_fn(|| window.message(100))
        .map(|(number, socket, ..)| (number, socket))
        .collect::<Vec<_>>();
    assert_eq!(
        numbers,
        [
            (EVENT_MESSAGE, first.0),
            (WM_USER + 7, 0),
            (EVENT_MESSAGE, second.0),
            (WM_USER + 8, 0)
        ]
    );
}
