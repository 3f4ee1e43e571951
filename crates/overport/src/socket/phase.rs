//! How far the connection of a stream has come, and how it ended.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::is_kind;
use crate::error::{from_errno, is_errno};
use crate::sys::codes::CONNECTING;
use crate::sys::socket::{end_of_connect, is_reset_after_connect};

/// How far the connection of a stream socket has come. The kernel alone can't tell a failed
/// connect from a reset, nor a socket without a connection from one that hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    Unconnected,
    Listening,
    Connecting,
    Connected,
    Failed,
}

const PHASES: [Phase; 5] = [
    Phase::Unconnected,
    Phase::Listening,
    Phase::Connecting,
    Phase::Connected,
    Phase::Failed,
];

/// The connection of a stream socket; a datagram socket has one that stays unconnected.
#[derive(Debug)]
pub(super) struct Connection {
    phase: AtomicU8,
    sending_ended: AtomicBool,
    /// The errno that the connection was lost by; 0 while it stands.
    loss: AtomicI32,
    /// The errno of the connect that failed last; 0 for none, or one that was taken.
    connect_error: AtomicI32,
    /// How many connects were begun, in a circle.
    pub(super) connects: AtomicU32,
    /// The peer's address. Its lock is held where the phase changes.
    peer: Mutex<Option<SocketAddr>>,
}

impl Connection {
    pub(super) fn new(phase: Phase, peer: Option<SocketAddr>) -> Self {
        Self {
            phase: AtomicU8::new(phase as u8),
            sending_ended: AtomicBool::new(false),
            loss: AtomicI32::new(0),
            connect_error: AtomicI32::new(0),
            connects: AtomicU32::new(0),
            peer: Mutex::new(peer),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        PHASES[usize::from(self.phase.load(Ordering::Acquire))]
    }

    pub(super) fn has_ended_sending(&self) -> bool {
        self.sending_ended.load(Ordering::Relaxed)
    }

    pub(super) fn end_sending(&self) {
        self.sending_ended.store(true, Ordering::Relaxed);
    }

    /// The errno that the connection was lost by; from then on every transfer fails by it.
    pub(super) fn loss(&self) -> Option<i32> {
        Some(self.loss.load(Ordering::Relaxed)).filter(|&errno| errno != 0)
    }

    /// Remembers the first error that the connection was lost by.
    pub(super) fn lose(&self, errno: i32) {
        let _ = self
            .loss
            .compare_exchange(0, errno, Ordering::Relaxed, Ordering::Relaxed);
    }

    pub(super) fn peer(&self) -> Option<SocketAddr> {
        *self.lock()
    }

    /// Makes the socket a listener by `listen`. The phase changes first, since who watches
    /// the socket may see a connection before the call is over.
    pub(super) fn listen(&self, listen: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let _lock = self.lock();
        let before = self.phase();
        if matches!(before, Phase::Connecting | Phase::Connected) {
            return Err(from_errno(Errno::INVAL));
        }
        self.set_phase(Phase::Listening);
        listen().inspect_err(|_| self.set_phase(before))
    }

    /// Begins a connect by `call`, which must not wait, and is told whether the connect before
    /// has failed without its caller; CONNECTING while it goes on. The lock is held, since
    /// for the kernel a socket that the call has not reached has hung up, like one whose
    /// connect has failed.
    pub(super) fn begin(
        &self,
        to: SocketAddr,
        call: impl FnOnce(bool) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut peer = self.lock();
        let before = self.phase();
        match before {
            Phase::Connecting => return Err(from_errno(Errno::ALREADY)),
            Phase::Connected => return Err(from_errno(Errno::ISCONN)),
            Phase::Listening => return Err(from_errno(Errno::INVAL)),
            Phase::Unconnected | Phase::Failed => {}
        }
        *peer = Some(to);
        self.connect_error.store(0, Ordering::Relaxed);
        self.connects.fetch_add(1, Ordering::Relaxed);
        self.set_phase(Phase::Connecting);
        match call(before == Phase::Failed) {
            Err(error) if is_errno(&error, CONNECTING) => Err(error),
            result => self.end_under_lock(result),
        }
    }

    /// Runs `f` while no connect begins.
    pub(super) fn between_connects<R>(&self, f: impl FnOnce() -> R) -> R {
        let _lock = self.lock();
        f()
    }

    /// Ends a connect whose caller sees it end. The kernel tells the error once: if another
    /// thread asked first, that one has recorded it, and the caller was told of an abort.
    pub(super) fn end(&self, result: io::Result<()>) -> io::Result<()> {
        let _lock = self.lock();
        self.end_under_lock(result)
    }

    fn end_under_lock(&self, result: io::Result<()>) -> io::Result<()> {
        let result = match self.connect_error() {
            Some(errno) if is_abort(&result) => Err(io::Error::from_raw_os_error(errno)),
            _ => result,
        };
        match &result {
            Ok(()) => self.set_phase(Phase::Connected),
            Err(_) if self.phase() == Phase::Connected => {}
            Err(error) if is_of_the_attempt(error) => self.fail(error),
            Err(_) => self.set_phase(Phase::Unconnected),
        }
        result
    }

    /// Asks the kernel whether the connect under way has ended.
    pub(super) fn settle(&self, socket: &socket2::Socket) {
        let mut peer = self.lock();
        if self.phase() != Phase::Connecting {
            return;
        }
        match end_of_connect(socket) {
            Some(Ok(())) => {
                *peer = peer.or_else(|| socket.peer_addr().ok()?.as_socket());
                self.set_phase(Phase::Connected);
            }
            Some(Err(error)) if is_reset_after_connect(&error) => {
                self.lose(Errno::CONNRESET.raw_os_error());
                self.set_phase(Phase::Connected);
            }
            Some(Err(error)) => self.fail(&error),
            None => {}
        }
    }

    pub(super) fn connect_error(&self) -> Option<i32> {
        Some(self.connect_error.load(Ordering::Relaxed)).filter(|&errno| errno != 0)
    }

    pub(super) fn take_connect_error(&self) -> Option<i32> {
        Some(self.connect_error.swap(0, Ordering::Relaxed)).filter(|&errno| errno != 0)
    }

    fn fail(&self, error: &io::Error) {
        let errno = error.raw_os_error().unwrap_or(0);
        self.connect_error.store(errno, Ordering::Relaxed);
        self.set_phase(Phase::Failed);
    }

    fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Option<SocketAddr>> {
        self.peer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_abort(result: &io::Result<()>) -> bool {
    is_kind(result, io::ErrorKind::ConnectionAborted)
}

/// Whether a connect was tried and failed by `error`, and not for what it was given.
fn is_of_the_attempt(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn begun() -> Connection {
        let connection = Connection::new(Phase::Unconnected, None);
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let begun = connection.begin(peer, |failed_before| {
            assert!(!failed_before);
            Err(from_errno(CONNECTING))
        });
        assert!(is_errno(&begun.expect_err("it goes on"), CONNECTING));
        connection
    }

    /// As another thread leaves it that saw the connect fail.
    fn failed(errno: Errno) -> Connection {
        let connection = begun();
        connection.fail(&from_errno(errno));
        connection
    }

    fn end(connection: &Connection, errno: Errno) -> io::Error {
        let ended = connection.end(Err(from_errno(errno)));
        ended.expect_err("the connect failed")
    }

    #[test]
    fn whoever_reads_the_kernels_error_first_the_caller_learns_it() {
        let connection = failed(Errno::CONNREFUSED);
        assert!(is_errno(
            &end(&connection, Errno::CONNABORTED),
            Errno::CONNREFUSED
        ));
        let connection = failed(Errno::CONNABORTED);
        assert!(is_errno(
            &end(&connection, Errno::CONNREFUSED),
            Errno::CONNREFUSED
        ));
    }

    #[test]
    fn a_connect_that_was_not_tried_leaves_the_socket_unconnected() {
        let connection = begun();
        end(&connection, Errno::AFNOSUPPORT);
        assert_eq!(connection.phase(), Phase::Unconnected);
        assert_eq!(connection.connect_error(), None);
        let connection = begun();
        end(&connection, Errno::NETUNREACH);
        assert_eq!(connection.phase(), Phase::Failed);
    }

    #[test]
    fn one_connect_is_under_way_at_a_time() {
        let connection = begun();
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 2));
        let second = connection
            .begin(peer, |_| Ok(()))
            .expect_err("one is under way");
        assert!(is_errno(&second, Errno::ALREADY));
        assert_ne!(connection.peer(), Some(peer));
        connection.end(Ok(())).expect("it succeeded");
        let third = connection
            .begin(peer, |_| Ok(()))
            .expect_err("it is connected");
        assert!(is_errno(&third, Errno::ISCONN));
    }

    #[test]
    fn a_listen_that_fails_changes_nothing() {
        let connection = Connection::new(Phase::Unconnected, None);
        let refused = connection.listen(|| Err(from_errno(Errno::ADDRINUSE)));
        assert!(refused.is_err());
        assert_eq!(connection.phase(), Phase::Unconnected);
        connection.listen(|| Ok(())).expect("nothing is in the way");
        assert_eq!(connection.phase(), Phase::Listening);
    }

    #[test]
    fn the_first_loss_is_the_one_that_stays() {
        let connection = begun();
        assert_eq!(connection.loss(), None);
        connection.lose(Errno::TIMEDOUT.raw_os_error());
        connection.lose(Errno::CONNRESET.raw_os_error());
        assert_eq!(connection.loss(), Some(Errno::TIMEDOUT.raw_os_error()));
    }
}
