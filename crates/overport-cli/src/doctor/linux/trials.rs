//! Operations that are really given to an io_uring, to see what its kernel makes of them.
//!
//! Every trial has a ring of its own and owns what its operation names; an operation that
//! did not end in time points to nothing but static memory or to a page that is leaked.
#![expect(
    unsafe_code,
    reason = "the io-uring crate can't know what an operation points to"
)]

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};
use rustix::io::Errno;

const ENTRIES: u32 = 8;
const TIME_LIMIT: Duration = Duration::from_secs(1);
const ONE_BYTE: &[u8] = b"x";
const BUFFER_GROUP: u16 = 0;
const BUFFER_ENTRIES: u16 = 8;

/// What names the operation under trial, and the one that cancels it.
const TRIED: u64 = 1;
const CANCEL: u64 = 2;

/// A ring with default flags, if there can be one.
pub(super) fn ring() -> io::Result<IoUring> {
    IoUring::new(ENTRIES)
}

/// One operation that does nothing, from the submission to its completion.
pub(super) fn nop(ring: &mut IoUring) -> io::Result<()> {
    let entry = opcode::Nop::new().build();
    // SAFETY: a no-op points to nothing.
    unsafe { push(ring, &entry)? };
    success(complete(ring, 1)?)
}

/// An accept that stays armed: it is armed and then cancelled.
pub(super) fn multishot_accept() -> io::Result<()> {
    let mut ring = ring()?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let accept = opcode::AcceptMulti::new(Fd(listener.as_raw_fd())).build();
    // SAFETY: it asks for no address, so it points to nothing; nobody connects, so it makes
    // no descriptor.
    unsafe { push(&mut ring, &accept)? };
    ring.submit()?;
    let cancel = opcode::AsyncCancel::new(TRIED).build().user_data(CANCEL);
    // SAFETY: a cancel points to nothing.
    unsafe { push(&mut ring, &cancel)? };
    match complete(&mut ring, 2)? {
        Err(Errno::CANCELED) => Ok(()),
        other => success(other),
    }
}

/// A receive that stays armed: without a buffer it must fail for that reason only.
pub(super) fn multishot_receive() -> io::Result<()> {
    let mut ring = ring()?;
    let (mut sender, receiver) = connected()?;
    sender.write_all(ONE_BYTE)?;
    let receive = opcode::RecvMulti::new(Fd(receiver.as_raw_fd()), BUFFER_GROUP).build();
    // SAFETY: it takes buffers from a group that holds none, so it points to nothing.
    unsafe { push(&mut ring, &receive)? };
    match complete(&mut ring, 1)? {
        Err(Errno::NOBUFS) => Ok(()),
        other => success(other),
    }
}

/// A ring of buffers that the kernel picks from.
pub(super) fn buffer_ring() -> io::Result<()> {
    #[repr(C, align(4096))]
    struct Page([u8; 4096]);

    let ring = ring()?;
    let page: &'static mut Page = Box::leak(Box::new(Page([0; 4096])));
    let address = page.0.as_mut_ptr() as u64;
    // SAFETY: the page holds the 8 entries of 16 bytes, begins at a page boundary as it must,
    // and is never freed.
    unsafe {
        ring.submitter()
            .register_buf_ring_with_flags(address, BUFFER_ENTRIES, BUFFER_GROUP, 0)?;
    }
    ring.submitter().unregister_buf_ring(BUFFER_GROUP)
}

/// A send that the kernel does not copy.
pub(super) fn zero_copy_send() -> io::Result<()> {
    let mut ring = ring()?;
    let (sender, _receiver) = connected()?;
    let fd = Fd(sender.as_raw_fd());
    let send = opcode::SendZc::new(fd, ONE_BYTE.as_ptr(), ONE_BYTE.len() as u32).build();
    // SAFETY: it points to static bytes.
    unsafe { push(&mut ring, &send)? };
    success(complete(&mut ring, 1)?)
}

/// A message from one ring to another.
pub(super) fn message_to_ring() -> io::Result<()> {
    let target = ring()?;
    let mut ring = ring()?;
    let message = opcode::MsgRingData::new(Fd(target.as_raw_fd()), 0, 0, None).build();
    // SAFETY: it points to nothing.
    unsafe { push(&mut ring, &message)? };
    success(complete(&mut ring, 1)?)
}

/// # Safety
///
/// What the entry points to must stay valid for as long as the operation may last.
unsafe fn push(ring: &mut IoUring, entry: &squeue::Entry) -> io::Result<()> {
    let entry = match entry.get_user_data() {
        0 => entry.clone().user_data(TRIED),
        _ => entry.clone(),
    };
    // SAFETY: the caller keeps what the entry points to.
    unsafe { ring.submission().push(&entry) }.map_err(io::Error::other)
}

/// Submits, waits for `count` completions within the time limit, and gives the result of the
/// operation under trial.
fn complete(ring: &mut IoUring, count: usize) -> io::Result<Result<i32, Errno>> {
    let limit = Timespec::from(TIME_LIMIT);
    let args = SubmitArgs::new().timespec(&limit);
    ring.submitter().submit_with_args(count, &args)?;
    let tried = |completion: &cqueue::Entry| completion.user_data() == TRIED;
    let completion = ring.completion().find(tried);
    let result = completion.ok_or(io::ErrorKind::TimedOut)?.result();
    Ok(match result {
        0.. => Ok(result),
        errno => Err(Errno::from_raw_os_error(-errno)),
    })
}

fn success(result: Result<i32, Errno>) -> io::Result<()> {
    Ok(result.map(drop)?)
}

fn connected() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let connecting = TcpStream::connect(listener.local_addr()?)?;
    Ok((connecting, listener.accept()?.0))
}
