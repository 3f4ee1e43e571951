//! Clients that are not nice.

use std::io::Write;
use std::time::Duration;

use socket2::SockRef;

use crate::harness::{Server, assert_echo, pattern, read_to_end};
use crate::models::for_each_model;

/// Rules: PR5
#[test]
fn a_reset_ends_that_client_alone() {
    for_each_model(|model| {
        let server = Server::start(model, &[]);
        let mut stays = model.concurrent.then(|| server.connect_and_echo());
        let resets = server.connect_and_echo();
        let peer = resets.local_addr().expect("it is connected");
        SockRef::from(&resets)
            .set_linger(Some(Duration::ZERO))
            .expect("a socket takes options");
        drop(resets);
        let line = server.logged(&format!("{peer} left"));
        assert!(line.contains("reset"), "{line}");
        if let Some(stays) = &mut stays {
            assert_echo(stays, b"still here");
        }
        drop(stays);
        server.connect_and_echo();
    });
}

/// Rules: PR5
#[test]
fn a_client_may_leave_while_its_message_is_handled() {
    for_each_model(|model| {
        let server = Server::start(model, &[]);
        for _ in 0..5 {
            let mut leaves = server.connect();
            let peer = leaves.local_addr().expect("it is connected");
            leaves.write_all(&pattern(20_000)).expect("it takes it all");
            drop(leaves);
            server.logged(&format!("{peer} left"));
        }
        server.connect_and_echo();
    });
}

/// Rules: PR8
#[test]
fn out_of_band_bytes_leave_the_stream_as_it_is() {
    for_each_model(|model| {
        let server = Server::start(model, &["--quiet"]);
        let mut client = server.connect_and_echo();
        client.write_all(b"before").expect("it takes the bytes");
        SockRef::from(&client)
            .send_out_of_band(b"!")
            .expect("it takes the byte");
        client.write_all(b"after").expect("it takes the bytes");
        client
            .shutdown(std::net::Shutdown::Write)
            .expect("still connected");
        assert_eq!(read_to_end(&mut client), b"beforeafter");
        drop(client);
        server.connect_and_echo();
    });
}
