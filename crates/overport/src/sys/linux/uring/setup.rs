//! How a ring is made, and the trial that shows what it can do.

use std::io;

use io_uring::{Builder, IoUring, opcode, types};
use rustix::io::Errno;

use super::buffers::try_registration;

/// Entries of the submission queue: as many operations as one pass of a busy port begins
/// before it submits. More are kept beside it, at the price of a copy.
pub(super) const SUBMISSIONS: u32 = 256;

/// Entries of the completion queue, 16 bytes each. A busy port drains it once a pass, and
/// what comes beyond it costs the kernel an allocation each.
pub(super) const COMPLETIONS: u32 = 4096;

/// Which threads may use a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Any thread submits, and the completions of a thread that sleeps are delivered.
    Shared,
    /// One thread, bound by [`Ring::enable_here`](super::Ring::enable_here), submits and
    /// waits. While it does not wait, nothing completes. Linux 6.1.
    Pinned,
}

/// What not every system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Features {
    /// A receive goes on after the first chunk (Linux 6.0).
    pub(crate) multishot_receive: bool,
    /// The ring tells when completions wait for a system call to be put into the queue.
    pub(super) tells_of_work: bool,
}

/// A flag of io_uring_setup that makes things better and that the ring can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extra {
    SubmitAll,
    CoopTaskrun,
    TaskrunFlag,
    NoSqarray,
}

/// In the order of their age, a flag behind the one that it needs.
const SHARED: &[Extra] = &[
    Extra::SubmitAll,
    Extra::CoopTaskrun,
    Extra::TaskrunFlag,
    Extra::NoSqarray,
];
const PINNED: &[Extra] = &[Extra::SubmitAll, Extra::TaskrunFlag, Extra::NoSqarray];

/// Makes a ring and shows by a trial that it works. A pinned ring comes disabled, since it
/// would belong to this thread otherwise; the trial is made with another of its kind.
pub(super) fn set_up(mode: Mode) -> io::Result<(IoUring, Features)> {
    match mode {
        Mode::Shared => {
            let (ring, flags) = build(SHARED, Builder::dontfork)?;
            let features = examine(&ring, flags)?;
            Ok((ring, features))
        }
        Mode::Pinned => {
            let (trial, flags) = build(PINNED, |builder| builder.dontfork().pinned())?;
            let features = examine(&trial, flags)?;
            let (ring, _) = build(flags, |builder| {
                builder.dontfork().pinned().setup_r_disabled()
            })?;
            Ok((ring, features))
        }
    }
}

/// An error of the same kind that names the call.
pub(super) fn named(call: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{call}: {error}"))
}

trait Pinned {
    fn pinned(&mut self) -> &mut Self;
}

impl Pinned for Builder {
    fn pinned(&mut self) -> &mut Self {
        self.setup_single_issuer().setup_defer_taskrun()
    }
}

/// Makes a ring with as many of the flags as the system knows. Only EINVAL tells of a flag
/// that it does not know.
fn build(
    flags: &[Extra],
    base: impl Fn(&mut Builder) -> &mut Builder,
) -> io::Result<(IoUring, &[Extra])> {
    let mut left = flags;
    loop {
        let mut builder = IoUring::builder();
        base(&mut builder).setup_cqsize(COMPLETIONS);
        for &flag in left {
            set(&mut builder, flag);
        }
        match (builder.build(SUBMISSIONS), left.split_last()) {
            (Ok(ring), _) => return Ok((ring, left)),
            (Err(error), Some((_, older))) if is(&error, Errno::INVAL) => left = older,
            (Err(error), _) => return Err(named("io_uring_setup", &error)),
        }
    }
}

fn set(builder: &mut Builder, flag: Extra) {
    match flag {
        Extra::SubmitAll => builder.setup_submit_all(),
        Extra::CoopTaskrun => builder.setup_coop_taskrun(),
        Extra::TaskrunFlag => builder.setup_taskrun_flag(),
        Extra::NoSqarray => builder.setup_no_sqarray(),
    };
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

fn examine(ring: &IoUring, flags: &[Extra]) -> io::Result<Features> {
    let parameters = ring.params();
    let is_new_enough = parameters.is_feature_ext_arg()
        && parameters.is_feature_nodrop()
        && parameters.is_feature_submit_stable()
        && parameters.is_feature_skip_cqe_on_success();
    if !is_new_enough {
        return Err(too_old("io_uring_setup"));
    }
    match try_registration(ring) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return Err(too_old("io_uring_register of a buffer ring"));
        }
        result => result?,
    }
    let multishot_receive = try_operations(ring)?;
    Ok(Features {
        multishot_receive,
        tells_of_work: flags.contains(&Extra::TaskrunFlag),
    })
}

fn too_old(call: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("{call}: the kernel is older than Linux 5.19"),
    )
}

/// Two operations on their way through submission and wait, since a sandbox may allow the
/// one call and not the other: one that does nothing, and a multishot receive without a
/// descriptor. A kernel that knows it says that the descriptor is missing (EBADF), another
/// that the request is wrong (EINVAL). Whether it knows it is the answer.
#[expect(unsafe_code, reason = "the entries of a submission queue")]
fn try_operations(ring: &IoUring) -> io::Result<bool> {
    const NOP: u64 = 0;
    const RECEIVE: u64 = 1;
    let receive = opcode::RecvMulti::new(types::Fd(-1), 0).build();
    let entries = [
        opcode::Nop::new().build().user_data(NOP),
        receive.user_data(RECEIVE),
    ];
    for entry in &entries {
        // SAFETY: nobody else has the ring yet, and neither operation refers to memory.
        let pushed = unsafe { ring.submission_shared().push(entry) };
        debug_assert!(pushed.is_ok(), "a new queue has room for two");
    }
    wait_for(ring, entries.len()).map_err(|error| named("io_uring_enter", &error))?;
    // SAFETY: nobody else has the ring yet.
    let completions = unsafe { ring.completion_shared() };
    let mut results = [None; 2];
    for completion in completions {
        results[usize::from(completion.user_data() == RECEIVE)] = Some(completion.result());
    }
    match results {
        [Some(0), Some(receive)] => Ok(receive == -Errno::BADF.raw_os_error()),
        _ => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "io_uring_enter: an operation without effect failed",
        )),
    }
}

/// Submits what is queued and waits for so many completions.
#[expect(unsafe_code, reason = "the length of a completion queue")]
fn wait_for(ring: &IoUring, completions: usize) -> io::Result<()> {
    // SAFETY: nobody else has the ring yet.
    while unsafe { ring.completion_shared() }.len() < completions {
        match ring.submit_and_wait(completions) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_that_the_kernel_does_not_take_is_left_out() {
        // TASKRUN_FLAG is for rings with one of the other two.
        let flags = [Extra::SubmitAll, Extra::TaskrunFlag, Extra::NoSqarray];
        match build(&flags, Builder::dontfork) {
            Ok((_, left)) => assert_eq!(left, [Extra::SubmitAll]),
            Err(error) => println!("skipped: {error}"),
        }
    }
}
