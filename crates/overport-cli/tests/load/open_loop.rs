//! Messages at a rate.

use std::time::Duration;

use crate::program::run_load;
use crate::servers::{Server, echo, echo_with, mute};
use crate::{assert_complete, assert_one_error};

/// Rules: PR14
#[test]
fn an_open_loop_measures_latency_from_the_time_a_message_was_due() {
    let server = Server::concurrent(echo);
    let ended = run_load(server.address, "--connections 4 --rate 4000 --messages 400");
    assert_complete(&ended, 400, 64);
    let report = ended.report();
    assert_eq!(report["loop"], "open");
    assert!(report.get("round_trip_us").is_none());
    let open = &report["open_loop"];
    assert_eq!(open["rate"], 4000.0);
    assert_eq!(open["unsent"], 0);
    assert_eq!(open["latency_us"]["count"], 400);
    assert_eq!(open["lateness_us"]["count"], 400);
    // The last message is due after 399 intervals, and none is sent before it is due.
    assert!(report["elapsed_seconds"].as_f64().unwrap() >= 0.0997);
}

/// Rules: PR14
#[test]
fn a_server_that_pauses_shows_in_the_latency_of_all_that_was_due_meanwhile() {
    let pause = Duration::from_millis(100);
    let server = Server::concurrent(move |stream| {
        echo_with(stream, |_, before| {
            if before == 0 {
                std::thread::sleep(pause);
            }
        })
    });
    let ended = run_load(server.address, "--connections 1 --rate 1000 --messages 101");
    assert_complete(&ended, 101, 64);
    // About the half of all were due in the first half of the pause.
    let p50_us = ended.report()["open_loop"]["latency_us"]["p50"].as_f64();
    assert!(p50_us.unwrap() >= 40_000.0, "{p50_us:?}");
}

#[test]
fn what_a_slow_server_left_unsent_is_counted() {
    let server = Server::concurrent(|stream| {
        echo_with(stream, |_, before| {
            if before == 64 {
                std::thread::sleep(Duration::from_millis(300));
            }
        })
    });
    let ended = run_load(server.address, "--connections 1 --rate 1000 --seconds 0.2");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = ended.report();
    let unsent = report["open_loop"]["unsent"].as_u64().unwrap();
    assert!(unsent > 100, "{unsent}");
    let messages = report["messages"].as_u64().unwrap();
    assert_eq!(
        report["open_loop"]["latency_us"]["count"],
        messages + unsent
    );
}

#[test]
fn a_server_that_never_answers_an_open_loop_is_given_up() {
    let server = Server::concurrent(mute);
    let options = "--connections 1 --rate 1000 --seconds 60 --stall-timeout 0.2";
    assert_one_error(&run_load(server.address, options), "no answer any more");
}

#[test]
fn pauses_of_an_open_loop_are_not_stalls() {
    let server = Server::concurrent(echo);
    let options = "--connections 1 --rate 1.25 --messages 2 --stall-timeout 0.7";
    assert_complete(&run_load(server.address, options), 2, 64);
}

/// Rules: PR14, PR15
#[test]
fn a_rate_out_of_reach_accounts_for_every_message_that_was_due() {
    let server = Server::concurrent(echo);
    let options = "--connections 4 --rate 1000000 --seconds 0.1";
    let ended = run_load(server.address, options);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = ended.report();
    let messages = report["messages"].as_u64().unwrap();
    let unsent = report["open_loop"]["unsent"].as_u64().unwrap();
    assert!(unsent > 0);
    // One at the begin and one at the end of each of 100,000 intervals.
    assert_eq!(messages + unsent, 100_001);
    assert_eq!(report["open_loop"]["latency_us"]["count"], 100_001);
}
