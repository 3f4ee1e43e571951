//! `select`: which sockets of up to three sets are ready, of sets of any size.

use std::io;
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket};
use std::time::{Duration, Instant};

use windows_sys::Win32::Networking::WinSock::{
    FD_SET, SOCKET_ERROR, TIMEVAL, select as winsock_select,
};

/// The sets that a socket is in: which it is asked for, or which it is ready in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) except: bool,
}

impl Interest {
    pub(crate) const READ: Self = Self {
        read: true,
        write: false,
        except: false,
    };
    pub(crate) const WRITE: Self = Self {
        read: false,
        write: true,
        except: false,
    };
    /// The sets that a connect ends in: that of those which can be written to, or that of
    /// exceptions.
    pub(crate) const CONNECTED: Self = Self {
        read: false,
        write: true,
        except: true,
    };

    fn sets(self) -> [bool; 3] {
        [self.read, self.write, self.except]
    }
}

/// What one socket is ready for now.
pub(crate) fn level(socket: impl AsSocket, interest: Interest) -> io::Result<Interest> {
    let mut sets = interest
        .sets()
        .map(|asked| [usize::from(asked), raw(socket.as_socket())]);
    let [read, write, except] = &mut sets;
    select([read, write, except], Some(Duration::ZERO))?;
    let [read, write, except] = sets.map(|set| set[0] != 0);
    Ok(Interest {
        read,
        write,
        except,
    })
}

/// Waits until a socket is ready for what is asked, the other can be read from, or the
/// deadline has passed; whether one of the first two is so, in this order.
pub(crate) fn wait_for_either(
    socket: impl AsSocket,
    interest: Interest,
    other: impl AsSocket,
    deadline: Option<Instant>,
) -> io::Result<(bool, bool)> {
    let (socket, other) = (raw(socket.as_socket()), raw(other.as_socket()));
    loop {
        let mut sets = interest.sets().map(|asked| [usize::from(asked), socket, 0]);
        let at = sets[0][0] + 1;
        sets[0][at] = other;
        sets[0][0] = at;
        let [read, write, except] = &mut sets;
        select([read, write, except], remaining(deadline))?;
        let ready = |wanted| sets.iter().any(|set| set[1..=set[0]].contains(&wanted));
        let (is_ready, is_woken) = (ready(socket), ready(other));
        if is_ready || is_woken || has_passed(deadline) {
            return Ok((is_ready, is_woken));
        }
    }
}

/// The memory of a wait for many sockets, kept between waits so that waiting allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Sets {
    sets: [Vec<usize>; 3],
}

impl Sets {
    /// Empties the sets.
    pub(crate) fn clear(&mut self) {
        for set in &mut self.sets {
            set.clear();
            set.push(0);
        }
    }

    /// Adds a socket to the sets of its interest.
    pub(crate) fn add(&mut self, socket: impl AsSocket, interest: Interest) {
        for (set, asked) in self.sets.iter_mut().zip(interest.sets()) {
            if asked {
                set.push(raw(socket.as_socket()));
                set[0] = set.len() - 1;
            }
        }
    }

    /// Waits until a socket is ready or the time is over, and leaves only those in the sets
    /// that are.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let [read, write, except] = &mut self.sets;
        select([read, write, except], timeout)?;
        for set in &mut self.sets {
            set.truncate(set[0] + 1);
            set[1..].sort_unstable();
        }
        Ok(())
    }

    /// The sets that a wait has left a socket in.
    pub(crate) fn ready(&self, socket: impl AsSocket) -> Interest {
        let socket = raw(socket.as_socket());
        let [read, write, except] = self
            .sets
            .each_ref()
            .map(|set| set[1..].binary_search(&socket).is_ok());
        Interest {
            read,
            write,
            except,
        }
    }
}

/// The time until a deadline.
pub(crate) fn remaining(deadline: Option<Instant>) -> Option<Duration> {
    deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
}

pub(crate) fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}

fn raw(socket: BorrowedSocket<'_>) -> usize {
    // The two types are one: a pointer's width.
    socket.as_raw_socket() as usize
}

/// The call. Each set is a count and at least so many sockets behind it, which is what an
/// `fd_set` is: the count is 32 bits wide, at the place of the lower half of the first element,
/// and the sockets are aligned as a pointer is. An empty set is not passed on.
fn select(sets: [&mut [usize]; 3], timeout: Option<Duration>) -> io::Result<()> {
    let sets = sets.map(|set| match set.first() {
        None | Some(0) => std::ptr::null_mut(),
        Some(&count) => {
            assert!(count < set.len(), "a set holds as many sockets as it says");
            set.as_mut_ptr().cast::<FD_SET>()
        }
    });
    let timeout = timeout.map(timeval);
    let timeout = timeout
        .as_ref()
        .map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: each set is null or an `fd_set` as the call takes it, of which it reads and
    // writes the count and as many sockets as the count said; `timeout` is null or lives here.
    let result = unsafe { winsock_select(0, sets[0], sets[1], sets[2], timeout) };
    if result == SOCKET_ERROR {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Rounded up, so that no wait is too short; a time too long for the structure is cut, and the
/// wait is made anew.
fn timeval(timeout: Duration) -> TIMEVAL {
    let timeout = timeout.saturating_add(Duration::from_nanos(999));
    TIMEVAL {
        tv_sec: i32::try_from(timeout.as_secs()).unwrap_or(i32::MAX),
        tv_usec: i32::try_from(timeout.subsec_micros()).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::wake::Wake;

    #[test]
    fn sets_of_any_size_keep_the_ready_ones_and_their_memory() {
        let wakes: Vec<_> = (0..200).map(|_| Wake::new().expect("a socket")).collect();
        let soon = Instant::now() + Duration::from_secs(10);
        for wake in [&wakes[3], &wakes[150]] {
            wake.set();
            wait_for_either(wake, Interest::READ, wake, Some(soon)).expect("select");
        }
        let mut sets = Sets::default();
        let mut wait = || {
            sets.clear();
            for wake in &wakes {
                sets.add(wake, Interest::READ);
            }
            sets.wait(None).expect("select");
            let ready = wakes.iter().map(|wake| sets.ready(wake).read);
            let ready: Vec<_> = (0..).zip(ready).filter(|&(_, ready)| ready).collect();
            assert_eq!(ready, [(3, true), (150, true)]);
            (sets.sets[0].as_ptr(), sets.sets[0].capacity())
        };
        let first = wait();
        assert_eq!(wait(), first);
    }

    #[test]
    fn a_wait_for_either_tells_which_and_ends_at_its_deadline() {
        let [one, other] = [(); 2].map(|()| Wake::new().expect("a socket"));
        let deadline = Instant::now() + Duration::from_millis(5);
        let soon = Instant::now() + Duration::from_secs(10);
        let wait = |deadline| wait_for_either(&one, Interest::READ, &other, deadline);
        assert_eq!(wait(Some(deadline)).expect("select"), (false, false));
        assert!(has_passed(Some(deadline)));
        other.set();
        assert_eq!(wait(Some(soon)).expect("select"), (false, true));
        other.clear();
        one.set();
        assert_eq!(wait(Some(soon)).expect("select"), (true, false));
    }

    #[test]
    fn a_time_is_rounded_up_and_cut_to_what_the_structure_holds() {
        let parts = |timeout| {
            let TIMEVAL { tv_sec, tv_usec } = timeval(timeout);
            (tv_sec, tv_usec)
        };
        assert_eq!(parts(Duration::ZERO), (0, 0));
        assert_eq!(parts(Duration::from_nanos(1)), (0, 1));
        assert_eq!(parts(Duration::new(1, 999_999_001)), (2, 0));
        assert_eq!(parts(Duration::MAX).0, i32::MAX);
    }
}
