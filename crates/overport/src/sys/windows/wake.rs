//! A socket that one thread makes readable to wake another out of `select`, which waits for
//! nothing but sockets.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::sync::Arc;

/// A datagram socket that sends to itself.
#[derive(Debug)]
pub(crate) struct Wake(UdpSocket);

impl Wake {
    pub(crate) fn new() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        // Nobody else's datagrams are received from now on.
        socket.connect(socket.local_addr()?)?;
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// The calling thread's own, made when it is first needed.
    pub(crate) fn of_thread() -> io::Result<Arc<Self>> {
        let known = OF_THREAD.try_with(|own| own.borrow().clone());
        if let Ok(Some(own)) = known {
            return Ok(own);
        }
        let own = Arc::new(Self::new()?);
        // It fails on a thread that is about to end, whose last wait this is.
        let _ = OF_THREAD.try_with(|kept| kept.replace(Some(Arc::clone(&own))));
        Ok(own)
    }

    /// Makes the socket readable. Where it is set twice, it may be so again after it was cleared
    /// once.
    pub(crate) fn set(&self) {
        // It fails where the buffers are full, and then the socket is readable.
        let _ = self.0.send(&[0]);
    }

    /// Makes the socket unreadable.
    pub(crate) fn clear(&self) {
        while self.0.recv(&mut [0]).is_ok() {}
    }
}

impl AsSocket for Wake {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        self.0.as_socket()
    }
}

thread_local! {
    static OF_THREAD: std::cell::RefCell<Option<Arc<Wake>>> = const { std::cell::RefCell::new(None) };
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::sys::select::{Interest, level, wait_for_either};

    #[test]
    fn what_was_set_is_readable_until_it_is_cleared() {
        let wake = Wake::of_thread().expect("a socket");
        let soon = Instant::now() + Duration::from_secs(10);
        let is_set = || level(&*wake, Interest::READ).expect("select").read;
        assert!(!is_set());
        for _ in 0..2 {
            wake.set();
            wait_for_either(&*wake, Interest::READ, &*wake, Some(soon)).expect("select");
            assert!(is_set());
            wake.clear();
            assert!(!is_set());
        }
        let same = Wake::of_thread().expect("the same socket");
        assert!(Arc::ptr_eq(&wake, &same));
    }
}
