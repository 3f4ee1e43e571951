//! System calls that are forbidden, as they are in many containers.
//!
//! A filter can't be removed, so a test installs it in a process of its own.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::env;
use std::process::Command;

use rustix::io::Errno;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter_all_threads};

/// io_uring_setup(2), whose number is the same on every architecture that there are filters for.
pub(crate) const RING_SETUP: i64 = 425;

/// io_uring_enter(2).
pub(crate) const RING_ENTER: i64 = 426;

/// Says to a process that it is the test's own.
const CHILD: &str = "OVERPORT_TEST_CHILD";

/// Runs `test` in a process of its own: this binary again, for the one test that calls this,
/// whose name is `name`. The back-end is chosen there as it is without an instruction.
#[track_caller]
pub(crate) fn in_a_process(name: &str, test: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        return test();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name])
        .env(CHILD, "1")
        .env_remove("OVERPORT_BACKEND")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}"
    );
}

/// Has a system call fail like that from now on, in all threads of the process.
pub(crate) fn forbid(call: i64, errno: Errno) {
    let filter = SeccompFilter::new(
        [(call, Vec::new())].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(errno.raw_os_error().unsigned_abs()),
        TargetArch::try_from(env::consts::ARCH).unwrap(),
    );
    let program = BpfProgram::try_from(filter.unwrap()).unwrap();
    apply_filter_all_threads(&program).unwrap();
}
