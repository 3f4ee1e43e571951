//! A kernel that is short of memory, which a filter plays.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::thread;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::*;

/// io_uring_enter(2), whose number is the same on every architecture that there are filters for.
const RING_ENTER: i64 = 426;

/// From now on the thread can submit nothing: it gets EAGAIN.
fn submit_in_vain() {
    const TO_SUBMIT: u8 = 1;
    let submits = SeccompCondition::new(TO_SUBMIT, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0);
    let rule = SeccompRule::new(vec![submits.expect("a condition")]);
    let filter = SeccompFilter::new(
        BTreeMap::from([(RING_ENTER, vec![rule.expect("a rule")])]),
        SeccompAction::Allow,
        SeccompAction::Errno(Errno::AGAIN.raw_os_error().unsigned_abs()),
        TargetArch::try_from(ARCH).expect("a known architecture"),
    );
    let program = BpfProgram::try_from(filter.expect("a filter")).expect("a program");
    apply_filter(&program).expect("filters are permitted");
}

#[test]
fn a_wait_that_can_submit_nothing_waits_and_goes_on_when_it_can() {
    let Some(ring) = ring(Mode::Shared) else {
        return;
    };
    let wake = Wake::new().expect("an eventfd");
    let (has_waited, waited) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            submit_in_vain();
            wake.set();
            ring.poll(wake.as_fd(), PollInterest::READABLE, 7);
            let (start, timeout) = (Instant::now(), Duration::from_millis(2));
            ring.wait(Some(timeout)).expect("a wait");
            assert!(start.elapsed() >= timeout);
            no_event(&ring);
            has_waited.send(()).expect("it is waited for");
            assert_eq!(event(&ring).token, 7);
        });
        waited.recv_timeout(DEADLINE).expect("the wait ends");
        assert!(ring.submit().expect("a submission"));
    });
}
