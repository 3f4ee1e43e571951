use std::net::UdpSocket;
use std::os::windows::io::AsSocket;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use super::*;

const DEADLINE: Duration = Duration::from_secs(10);

type Told = (Route, NetworkEvent, Option<i32>);

#[derive(Debug)]
struct Teller(mpsc::Sender<Told>);

impl Receiver for Teller {
    fn receive(&self, route: Route, event: NetworkEvent, code: Option<i32>) {
        // The test may have failed and gone.
        let _ = self.0.send((route, event, code));
    }
}

#[derive(Debug)]
struct Panicking;

impl Receiver for Panicking {
    fn receive(&self, _: Route, _: NetworkEvent, _: Option<i32>) {
        resume_unwind(Box::new("on purpose"));
    }
}

/// A socket that can be written to.
fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a socket")
}

fn teller() -> (Arc<Teller>, mpsc::Receiver<Told>) {
    let (sender, told) = mpsc::channel();
    (Arc::new(Teller(sender)), told)
}

fn route(socket: &UdpSocket, receiver: &Arc<impl Receiver + 'static>) -> Route {
    let receiver = Arc::downgrade(receiver);
    let window = Window::of_process().expect("a window");
    window.route(socket.as_socket(), receiver).expect("a route")
}

fn select(socket: &UdpSocket, route: Route) {
    let window = Window::of_process().expect("a window");
    let selected = window.select(socket.as_socket(), route, NetworkEvents::WRITE);
    selected.expect("WSAAsyncSelect");
}

/// Posts as Winsock does, perhaps late.
fn post(route: Route, event: u32, code: i32) {
    let window = Window::of_process().expect("a window");
    let parameter = (code as isize) << 16 | event as isize;
    // SAFETY: the call takes no pointers.
    let posted = unsafe { PostMessageW(window.hwnd(), route.number, route.socket, parameter) };
    assert_ne!(posted, 0);
}

#[test]
fn an_event_is_told_with_its_error_to_the_receiver_of_its_route() {
    let (socket, (receiver, told)) = (socket(), teller());
    let route = route(&socket, &receiver);
    select(&socket, route);
    let write = (route, NetworkEvent::Write, None);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(write));
    post(route, 32, 10054);
    let close = (route, NetworkEvent::Close, Some(10054));
    assert_eq!(told.recv_timeout(DEADLINE), Ok(close));
}

#[test]
fn what_comes_late_for_a_closed_route_is_not_taken_for_the_next_ones() {
    let (socket, (receiver, told)) = (socket(), teller());
    let former = route(&socket, &receiver);
    Window::of_process().expect("a window").close(former);
    let route = route(&socket, &receiver);
    assert_ne!(former, route);
    post(former, 1, 0);
    post(route, 2, 0);
    let write = (route, NetworkEvent::Write, None);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(write));
}

#[test]
fn numbers_come_around_and_a_socket_has_none_twice() {
    let (socket, (receiver, told)) = (socket(), teller());
    let window = Window::of_process().expect("a window");
    let kept = route(&socket, &receiver);
    for _ in NUMBERS {
        let next = route(&socket, &receiver);
        assert_ne!(next, kept);
        window.close(next);
    }
    select(&socket, kept);
    let write = (kept, NetworkEvent::Write, None);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(write));
}

#[test]
fn a_receiver_that_panics_harms_no_other() {
    let (socket, (receiver, told)) = (socket(), teller());
    let panicking = Arc::new(Panicking);
    post(route(&socket, &panicking), 1, 0);
    let route = route(&socket, &receiver);
    post(route, 2, 0);
    let write = (route, NetworkEvent::Write, None);
    assert_eq!(told.recv_timeout(DEADLINE), Ok(write));
}
