//! The sets as they go in and come back, the timeouts, and sockets that are closed.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use common::sets::{NOW, SOON, connecting, is_readable, ready, set};
use common::{Background, connect, datagram, listener, pair, stalling, stream};
use overport::Socket;
use overport::error::wsa_code;
use overport::select::{FdSet, select};
use overport::socket::{Family, Kind};
use proptest::prelude::*;

const WSAENOTSOCK: Option<i32> = Some(10038);

/// Rules: SE17
#[test]
fn no_timeout_waits_until_a_socket_is_ready() {
    let (client, server) = pair();
    let wait = Background::spawn(move || is_readable(&server, None));
    wait.wait_until_blocked();
    client.send(b"x").unwrap();
    assert!(wait.result());
}

/// Rules: SE15, SE18, SE19
#[test]
fn a_timeout_empties_the_sets_and_returns_none_ready() {
    let (_client, server) = pair();
    let (listener, _) = listener();
    for timeout in [0, 1, 30].map(Duration::from_millis) {
        let mut read = set([&server, &listener]);
        let mut except = set([&server]);
        let start = Instant::now();
        let count = select(Some(&mut read), None, Some(&mut except), Some(timeout)).unwrap();
        assert!(start.elapsed() >= timeout);
        assert_eq!(count, 0);
        assert!(read.is_empty() && except.is_empty());
    }
    // The longest timeout there is does not overflow.
    assert_eq!(ready(&server, Some(Duration::MAX)), [false, true, false]);
}

/// Rules: SE20
#[test]
fn no_socket_in_any_set_is_invalid() {
    let mut empty = FdSet::new();
    let results = [
        select(None, None, None, NOW),
        select(None, None, None, None),
        select(Some(&mut empty), None, Some(&mut FdSet::new()), None),
    ];
    for result in results {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

/// Rules: SE16, SE21
#[test]
fn a_closed_or_dropped_socket_is_an_error_and_the_sets_stay_as_they_were() {
    let (client, server) = pair();
    client.send(b"ready").unwrap();
    for is_dropped in [false, true] {
        let bad = stream();
        let mut read = set([&server]);
        let mut write = set([&client, &bad, &server]);
        let before = [&read, &write].map(|set| set.iter().collect::<Vec<_>>());
        if is_dropped {
            drop(bad);
        } else {
            bad.close();
        }
        let error = select(Some(&mut read), Some(&mut write), None, None).unwrap_err();
        assert_eq!(wsa_code(&error), WSAENOTSOCK);
        assert_eq!(
            [&read, &write].map(|set| set.iter().collect::<Vec<_>>()),
            before
        );
    }
}

/// Rules: SE21
#[test]
fn closing_a_socket_in_another_thread_wakes_the_call() {
    let (listener, _) = listener();
    let (client, _server) = pair();
    let (_keep, address) = stalling();
    for socket in [listener, client, datagram(), stream(), connecting(address)] {
        let mut read = set([&socket]);
        let wait = Background::spawn(move || select(Some(&mut read), None, None, None));
        wait.wait_until_blocked();
        socket.close();
        assert_eq!(wsa_code(&wait.result().unwrap_err()), WSAENOTSOCK);
    }
}

/// Rules: SE21, SK32
#[test]
fn dropping_a_socket_in_another_thread_wakes_the_call_and_ends_the_connection() {
    let (client, server) = pair();
    let mut read = set([&server]);
    let wait = Background::spawn(move || select(Some(&mut read), None, None, None));
    wait.wait_until_blocked();
    drop(server);
    assert_eq!(wsa_code(&wait.result().unwrap_err()), WSAENOTSOCK);
    assert_eq!(client.receive(&mut [0]).unwrap(), 0);
}

/// Rules: SE12, SE13, SE14
#[test]
fn the_sets_hold_the_ready_sockets_in_their_order() {
    let pairs: Vec<_> = (0..6).map(|_| pair()).collect();
    let servers = || pairs.iter().map(|(_, server)| server);
    for number in [4, 1, 5] {
        pairs[number].0.send(b"x").unwrap();
        assert!(is_readable(&pairs[number].1, SOON));
    }
    let mut read = set(servers());
    let mut write = set([&pairs[2].1, &pairs[1].1]);
    let count = select(Some(&mut read), Some(&mut write), None, None).unwrap();
    assert_eq!(count, 5, "a socket in two sets counts twice");
    let ids = |numbers: &[usize]| -> Vec<_> {
        numbers.iter().map(|&number| pairs[number].1.id()).collect()
    };
    assert_eq!(read.iter().collect::<Vec<_>>(), ids(&[1, 4, 5]));
    assert_eq!(write.iter().collect::<Vec<_>>(), ids(&[2, 1]));
    let contained: Vec<_> = servers().map(|server| read.contains(server)).collect();
    assert_eq!(contained, [false, true, false, false, true, true]);
}

/// Rules: SE23, SE24, SE25
#[test]
fn a_full_set_says_so_and_a_larger_one_can_be_made() {
    let sockets: Vec<_> = (0..65)
        .map(|_| Socket::new(Family::Ipv4, Kind::Datagram).unwrap())
        .collect();
    let mut small = FdSet::new();
    assert_eq!(small.limit(), 64);
    for socket in &sockets[..64] {
        small.add(socket).unwrap();
    }
    let error = small.add(&sockets[64]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    assert!(error.to_string().contains("64"), "{error}");
    small.add(&sockets[0]).unwrap();
    assert!(small.remove(&sockets[0]));
    small.add(&sockets[64]).unwrap();
    let mut large = FdSet::with_limit(65);
    for socket in &sockets {
        large.add(socket).unwrap();
    }
    assert_eq!(select(None, Some(&mut large), None, None).unwrap(), 65);
}

/// Rules: SE12, SE23
#[test]
fn a_servers_set_grows_and_shrinks_past_64() {
    let (listener, address) = listener();
    let mut sockets = FdSet::with_limit(128);
    sockets.add(&listener).unwrap();
    let mut ready = FdSet::new();
    let mut served = HashMap::new();
    let mut clients = Vec::new();
    for count in [10, 64, 100, 64, 3, 0, 70] {
        while clients.len() < count {
            clients.push(connect(address));
        }
        clients.truncate(count);
        for client in &clients {
            client.send(b"ping").unwrap();
        }
        let mut echoed = 0;
        while echoed < count || served.len() > count {
            ready.clone_from(&sockets);
            assert!(select(Some(&mut ready), None, None, SOON).unwrap() > 0);
            for id in &ready {
                if id == listener.id() {
                    let (client, _) = listener.accept().unwrap();
                    sockets.add(&client).unwrap();
                    served.insert(client.id(), client);
                    continue;
                }
                match echo(&served[&id]).unwrap() {
                    0 => assert!(
                        served
                            .remove(&id)
                            .is_some_and(|client| sockets.remove(&client))
                    ),
                    _ => echoed += 1,
                }
            }
        }
        assert_eq!(sockets.len(), count + 1);
        for client in &clients {
            assert_eq!(client.receive(&mut [0; 8]).unwrap(), 4);
        }
    }
}

fn echo(client: &Socket) -> io::Result<usize> {
    let mut buffer = [0; 16];
    let length = client.receive(&mut buffer)?;
    client.send(&buffer[..length])
}

/// Rules: SE28
// Descriptors are counted up from 0 on Linux; handles have no order.
#[cfg(target_os = "linux")]
#[test]
fn a_descriptor_above_1024_is_as_good_as_any() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    const HIGH: i32 = 1500;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current <= 2000) {
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit).unwrap();
    }
    let (client, server) = pair();
    let high = rustix::io::fcntl_dupfd_cloexec(&server, HIGH).unwrap();
    let server = Socket::try_from(socket2::Socket::from(high)).unwrap();
    client.send(b"x").unwrap();
    assert_eq!(ready(&server, SOON), [true, true, false]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rules: SE24, SE25, SE26
    #[test]
    fn a_set_is_a_list_without_repetition(
        limit in 0..6_usize,
        steps in proptest::collection::vec((any::<bool>(), 0..6_usize), 0..40),
    ) {
        let sockets: Vec<_> = (0..6).map(|_| stream()).collect();
        let mut set = FdSet::with_limit(limit);
        let mut list: Vec<usize> = Vec::new();
        for (add, number) in steps {
            let was_in = list.contains(&number);
            if add {
                let added = set.add(&sockets[number]).is_ok();
                prop_assert_eq!(added, was_in || list.len() < limit);
                if added && !was_in {
                    list.push(number);
                }
            } else {
                prop_assert_eq!(set.remove(&sockets[number]), was_in);
                list.retain(|&other| other != number);
            }
            let ids: Vec<_> = list.iter().map(|&number| sockets[number].id()).collect();
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), ids);
            prop_assert_eq!(set.len(), list.len());
            prop_assert_eq!(set.contains(&sockets[number]), list.contains(&number));
        }
    }
}
