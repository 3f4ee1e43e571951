//! Event objects: manual and auto reset, and the waits for any and for all.

mod common;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use overport::event::{
    EventObject, MAX_EVENTS, wait_all, wait_all_up_to, wait_any, wait_any_up_to,
};

const NOW: Option<Duration> = Some(Duration::ZERO);
const DEADLINE: Option<Duration> = Some(Duration::from_secs(10));

/// Rules: EV1, EV3
#[test]
fn a_manual_reset_event_stays_set_for_every_wait_until_it_is_reset() -> io::Result<()> {
    let event = EventObject::manual_reset()?;
    assert!(!event.is_set()?);
    assert!(!event.wait(NOW)?);
    event.set();
    event.set();
    assert!(event.is_set()?);
    assert!(event.wait(NOW)?);
    assert!(event.wait(NOW)?);
    event.reset();
    assert!(!event.is_set()?);
    assert!(!event.wait(NOW)?);
    Ok(())
}

/// Rules: EV2, EV3
#[test]
fn an_auto_reset_event_is_taken_by_the_wait_and_left_by_a_look() -> io::Result<()> {
    let event = EventObject::auto_reset()?;
    event.set();
    event.set();
    assert!(event.is_set()?);
    assert!(event.wait(NOW)?);
    assert!(!event.wait(NOW)?);
    assert!(!event.is_set()?);
    Ok(())
}

/// Rules: EV2
#[test]
fn a_look_from_another_thread_never_takes_an_event_from_a_wait() -> io::Result<()> {
    let event = EventObject::auto_reset()?;
    thread::scope(|scope| {
        let looker = scope.spawn(|| (0..1000).try_for_each(|_| event.is_set().map(drop)));
        for _ in 0..1000 {
            event.set();
            assert!(event.wait(NOW)?);
            assert!(!event.wait(NOW)?);
        }
        looker.join().expect("the looker ends")
    })
}

/// Rules: EV2
#[test]
fn each_set_of_an_auto_reset_event_releases_exactly_one_of_many_waiters() -> io::Result<()> {
    const WAITERS: usize = 8;
    let event = EventObject::auto_reset()?;
    let released = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            let sender = sender.clone();
            let (event, released) = (&event, &released);
            scope.spawn(move || {
                let claimed = event.wait(DEADLINE);
                released.fetch_add(1, Ordering::SeqCst);
                sender.send(claimed).expect("the receiver lives");
            });
        }
        for round in 1..=WAITERS {
            event.set();
            let claimed = receiver.recv().expect("a waiter answers");
            assert!(claimed?, "round {round}");
            // Whoever was released reset it: nobody else can have been.
            assert!(!event.is_set()?);
            assert_eq!(released.load(Ordering::SeqCst), round);
        }
        Ok(())
    })
}

/// Rules: EV1
#[test]
fn a_manual_reset_event_releases_all_waiters() -> io::Result<()> {
    let event = EventObject::manual_reset()?;
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| event.wait(DEADLINE)))
            .collect();
        event.set();
        for waiter in waiters {
            assert!(waiter.join().expect("the waiter ends")?);
        }
        Ok(())
    })
}

/// Rules: EV4
#[test]
fn the_lowest_index_of_those_that_are_set_wins() -> io::Result<()> {
    let events = [
        EventObject::auto_reset()?,
        EventObject::auto_reset()?,
        EventObject::auto_reset()?,
    ];
    events[2].set();
    events[1].set();
    assert_eq!(wait_any(&events, NOW)?, Some(1));
    assert_eq!(wait_any(&events, NOW)?, Some(2), "the first wait left it");
    assert_eq!(wait_any(&events, NOW)?, None);
    Ok(())
}

/// Rules: EV5
#[test]
fn a_wait_for_all_takes_all_or_none() -> io::Result<()> {
    let events = [EventObject::auto_reset()?, EventObject::auto_reset()?];
    events[0].set();
    assert!(!wait_all(&events, NOW)?);
    assert!(events[0].is_set()?, "it was not taken");
    events[1].set();
    assert!(wait_all(&events, NOW)?);
    assert!(!events[0].is_set()? && !events[1].is_set()?);
    Ok(())
}

/// Rules: EV5
#[test]
fn two_threads_that_wait_for_all_of_the_same_events_never_split_them() -> io::Result<()> {
    const ROUNDS: usize = 200;
    let (first, second) = (EventObject::auto_reset()?, EventObject::auto_reset()?);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for order in [[&first, &second], [&second, &first]] {
            let sender = sender.clone();
            scope.spawn(move || {
                for _ in 0..ROUNDS / 2 {
                    let claimed = wait_all(&order, DEADLINE);
                    sender.send(claimed).expect("the receiver lives");
                }
            });
        }
        for _ in 0..ROUNDS {
            first.set();
            second.set();
            assert!(receiver.recv().expect("a waiter answers")?);
            assert!(!first.is_set()? && !second.is_set()?);
        }
        Ok(())
    })
}

/// Rules: EV5
#[test]
fn a_wait_for_all_ends_when_the_last_one_is_set() -> io::Result<()> {
    let events = [EventObject::manual_reset()?, EventObject::manual_reset()?];
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            barrier.wait();
            wait_all(&events, DEADLINE)
        });
        barrier.wait();
        events[1].set();
        events[0].set();
        assert!(waiter.join().expect("the waiter ends")?);
        Ok(())
    })
}

/// Rules: EV6
#[test]
fn a_wait_lasts_at_least_its_timeout() -> io::Result<()> {
    let event = EventObject::auto_reset()?;
    let other = EventObject::auto_reset()?;
    let timeout = Duration::from_millis(20);
    let begin = Instant::now();
    assert_eq!(wait_any(&[&event, &other], Some(timeout))?, None);
    assert!(begin.elapsed() >= timeout);
    let begin = Instant::now();
    event.set();
    assert!(!wait_all(&[&event, &other], Some(timeout))?);
    assert!(begin.elapsed() >= timeout);
    Ok(())
}

/// Rules: EV6
#[test]
fn a_timeout_beyond_every_clock_is_a_wait_without_end() -> io::Result<()> {
    let event = EventObject::auto_reset()?;
    thread::scope(|scope| {
        let waiter = scope.spawn(|| event.wait(Some(Duration::MAX)));
        event.set();
        assert!(waiter.join().expect("the waiter ends")?);
        Ok(())
    })
}

/// Rules: EV7
#[test]
fn more_events_than_64_are_refused() -> io::Result<()> {
    let events = one_more_than_64()?;
    let error = wait_any(&events, NOW).expect_err("65 events");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let text = error.to_string();
    assert!(text.contains("64") && text.contains("65"), "{text}");
    assert!(wait_all(&events, NOW).is_err());

    events[MAX_EVENTS].set();
    assert_eq!(wait_any(&events[1..], NOW)?, Some(MAX_EVENTS - 1));
    Ok(())
}

/// Rules: EV7
#[test]
fn more_events_than_64_are_waited_for_on_request() -> io::Result<()> {
    let events = one_more_than_64()?;
    events.iter().for_each(EventObject::set);
    match wait_all_up_to(65, &events, NOW) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            common::skip("the system waits for 64 events at most");
            return Ok(());
        }
        all => assert!(all?),
    }
    events[MAX_EVENTS].set();
    assert_eq!(wait_any_up_to(65, &events, NOW)?, Some(MAX_EVENTS));
    Ok(())
}

fn one_more_than_64() -> io::Result<Vec<EventObject>> {
    (0..=MAX_EVENTS)
        .map(|_| EventObject::auto_reset())
        .collect()
}

/// Rules: EV7
#[test]
fn no_event_and_one_event_twice_are_refused() -> io::Result<()> {
    let event = EventObject::auto_reset()?;
    let same = event.clone();
    assert!(event.is_same(&same));
    event.set();
    for refused in [
        wait_any(&[&event, &same], NOW).map(|_| ()),
        wait_all(&[&event, &same], NOW).map(|_| ()),
        wait_any::<EventObject>(&[], NOW).map(|_| ()),
    ] {
        let error = refused.expect_err("not a set of events");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
    assert!(event.is_set()?, "nothing was taken");
    Ok(())
}
