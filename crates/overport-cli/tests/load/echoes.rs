//! Servers that echo: everything comes back, is counted and reported.

use crate::assert_complete;
use crate::program::{load, run, run_load};
use crate::servers::{Server, echo};

/// Rules: PR13
#[test]
fn every_message_comes_back_and_is_counted() {
    let server = Server::concurrent(echo);
    let ended = run_load(server.address, "--connections 8 --messages 1000");
    assert_complete(&ended, 1000, 64);
    let report = ended.report();
    assert_eq!(report["loop"], "closed");
    assert_eq!(report["round_trip_us"]["count"], 1000);
    assert!(report["round_trip_us"]["p99_9"].as_f64() >= report["round_trip_us"]["p50"].as_f64());
    assert!(report.get("open_loop").is_none());
    assert_eq!(report["connection"]["opened"], 8);
    assert!(report["messages_per_second"].as_f64().unwrap() > 0.0);
    assert!(report["own_cpu"]["us_per_message"].is_number());
    assert_eq!(report["own_cpu"]["threads"].as_array().unwrap().len(), 1);
}

/// Rules: PR13
#[test]
fn one_byte_and_one_megabyte_come_back_in_a_pipeline() {
    let server = Server::concurrent(echo);
    let small = "--connections 2 --message-size 1 --in-flight 100 --messages 2001";
    assert_complete(&run_load(server.address, small), 2001, 1);
    let large = "--connections 2 --message-size 1000000 --in-flight 3 --messages 9";
    assert_complete(&run_load(server.address, large), 9, 1_000_000);
}

/// Rules: PR13
#[test]
fn an_echo_in_pieces_is_the_same_echo() {
    let server = Server::concurrent(|stream| {
        use std::io::{Read, Write};
        let (mut reader, mut writer) = (stream.try_clone()?, stream);
        let mut byte = [0];
        while reader.read(&mut byte)? > 0 {
            writer.write_all(&byte)?;
        }
        Ok(())
    });
    let ended = run_load(
        server.address,
        "--connections 2 --in-flight 3 --messages 30",
    );
    assert_complete(&ended, 30, 64);
}

#[test]
fn connections_are_shared_by_threads() {
    let server = Server::concurrent(echo);
    let ended = run_load(server.address, "--connections 5 --threads 2 --messages 501");
    assert_complete(&ended, 501, 64);
    let report = ended.report();
    assert_eq!(report["own_cpu"]["threads"].as_array().unwrap().len(), 2);
}

#[test]
fn a_time_bounds_the_run() {
    let server = Server::concurrent(echo);
    let ended = run_load(server.address, "--connections 2 --seconds 0.1");
    let messages = ended.report()["messages"].as_u64().unwrap();
    assert!(messages > 0);
    assert_complete(&ended, messages, 64);
}

#[test]
fn a_server_of_one_client_at_a_time_serves_all_in_turn() {
    let server = Server::iterative(echo);
    let ended = run_load(server.address, "--connections 64 --messages 640");
    assert_complete(&ended, 640, 64);
    assert_eq!(ended.report()["connection"]["opened"], 64);
}

/// Rules: PR16
#[test]
fn a_connection_gives_way_to_a_new_one() {
    let server = Server::iterative(echo);
    let options = "--connections 8 --messages-per-connection 2 --messages 64";
    let ended = run_load(server.address, options);
    assert_complete(&ended, 64, 64);
    let connection = &ended.report()["connection"];
    assert_eq!(connection["opened"], 32);
    assert_eq!(connection["connecting_us"]["count"], 32);
    assert_eq!(connection["closing_us"]["count"], 32);
    assert_eq!(connection["first_answer_us"]["count"], 32);
    assert_eq!(connection["starved"], 0);
    let us_per_connection = &ended.report()["own_cpu"]["us_per_connection"];
    // In whole ticks of the clock, of which there may be none in so short a run.
    assert!(us_per_connection.is_number());
}

#[test]
fn a_time_and_a_server_of_one_client_end_in_turn() {
    let server = Server::iterative(echo);
    let options = "--connections 4 --messages-per-connection 5 --seconds 0.1";
    let ended = run_load(server.address, options);
    let messages = ended.report()["messages"].as_u64().unwrap();
    assert_complete(&ended, messages, 64);
}

/// Rules: PR16
#[test]
fn who_got_no_answer_at_all_in_the_time_is_counted() {
    let server = Server::iterative(echo);
    let ended = run(load(server.address, "--connections 3 --seconds 0.1"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let starved = "2 clients without any answer";
    assert!(ended.stdout.contains(starved), "{}", ended.stdout);
}

/// Rules: PR16
#[test]
fn idle_connections_are_held_beside_the_active_ones() {
    let server = Server::concurrent(echo);
    let ended = run_load(server.address, "--connections 3 --idle 7 --messages 30");
    assert_complete(&ended, 30, 64);
    assert_eq!(ended.report()["connection"]["held"], 7);
    assert_eq!(server.accepted(), 10);
}
