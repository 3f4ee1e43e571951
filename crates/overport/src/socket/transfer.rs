//! Sending and receiving.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::SocketAddr;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use socket2::SockAddr;

use super::observer::Call;
use super::{Kind, Phase, Socket, internet_address, is_interrupted, result_kind};
use crate::error::from_errno;

impl Socket {
    /// Receives what is there, at most a buffer full (recv(2)); 0 is the end of the stream.
    /// Of a datagram that is longer than the buffer the rest is lost.
    ///
    /// # Errors
    /// `WouldBlock` in non-blocking mode while nothing is there; `ConnectionReset` after
    /// the peer reset the connection, however often it is called; `NotConnected` without a
    /// connection.
    #[doc(alias = "recv")]
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.observed_transfer(Call::Receive, || {
            self.receive_with(buffer, RecvFlags::empty())
        })
    }

    /// Like [`receive`](Self::receive), but leaves the data where it is (MSG_PEEK). Events
    /// are not re-armed by it.
    ///
    /// # Errors
    /// Those of [`receive`](Self::receive).
    #[doc(alias = "MSG_PEEK")]
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.transfer(|| self.receive_with(buffer, RecvFlags::PEEK))
    }

    /// Receives the byte that the peer sent out of band (MSG_OOB).
    ///
    /// # Errors
    /// `InvalidInput` where there is none, or where the option OOBINLINE puts it into the
    /// stream; else those of [`receive`](Self::receive).
    #[doc(alias = "MSG_OOB")]
    pub fn receive_out_of_band(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.observed_transfer(Call::ReceiveOutOfBand, || {
            self.receive_with(buffer, RecvFlags::OOB)
        })
    }

    /// Receives one datagram and its sender's address (recvfrom(2)).
    ///
    /// # Errors
    /// Those of [`receive`](Self::receive).
    #[doc(alias = "recvfrom")]
    pub fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.observed_transfer(Call::Receive, || {
            let (length, peer) = self.inner.socket.recv_from(as_uninit(buffer))?;
            match self.kind() {
                Kind::Datagram => Ok((length, internet_address(&peer)?)),
                Kind::Stream => Ok((length, self.peer_addr()?)),
            }
        })
    }

    /// Sends (send(2)): in blocking mode all of it, in non-blocking mode as much as there is
    /// room for, at least one byte. A datagram goes whole or not at all.
    ///
    /// # Errors
    /// `WouldBlock` in non-blocking mode without room; `ConnectionReset` after a reset;
    /// `NotConnected` without a connection; `BrokenPipe` after sending was shut down. Where
    /// a blocking send fails midway, what went before is lost count of.
    pub fn send(&self, buffer: &[u8]) -> io::Result<usize> {
        self.observed_transfer(Call::Send, || {
            let mut sent = self.send_with(buffer, SendFlags::empty())?;
            while sent < buffer.len() && !self.is_nonblocking() {
                match self.send_with(&buffer[sent..], SendFlags::empty()) {
                    Ok(length) => sent += length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // The mode was switched under a send that had begun.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
            Ok(sent)
        })
    }

    /// Sends with the last byte out of band (MSG_OOB).
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn send_out_of_band(&self, buffer: &[u8]) -> io::Result<usize> {
        self.observed_transfer(Call::Send, || self.send_with(buffer, SendFlags::OOB))
    }

    /// Sends one datagram to `peer` (sendto(2)).
    ///
    /// # Errors
    /// `WouldBlock` in non-blocking mode without room; a datagram too large.
    #[doc(alias = "sendto")]
    pub fn send_to(&self, buffer: &[u8], peer: SocketAddr) -> io::Result<usize> {
        self.observed_transfer(Call::Send, || {
            self.inner.socket.send_to(buffer, &SockAddr::from(peer))
        })
    }

    fn receive_with(&self, buffer: &mut [u8], flags: RecvFlags) -> io::Result<usize> {
        let flags = i32::try_from(flags.bits()).expect("the flags of recv(2) fit an int");
        let result = self.inner.socket.recv_with_flags(as_uninit(buffer), flags);
        if matches!(result, Ok(0)) && self.inner.state.is_reset() {
            return Err(from_errno(Errno::CONNRESET));
        }
        result
    }

    fn send_with(&self, buffer: &[u8], flags: SendFlags) -> io::Result<usize> {
        let flags = (flags | SendFlags::NOSIGNAL).bits();
        let flags = i32::try_from(flags).expect("the flags of send(2) fit an int");
        let result = self.inner.socket.send_with_flags(buffer, flags);
        if self.inner.state.is_reset() && is_broken_pipe(&result) {
            return Err(from_errno(Errno::CONNRESET));
        }
        result
    }

    fn observed_transfer<T>(
        &self,
        call: Call,
        transfer: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        let result = self.transfer(transfer);
        self.inner
            .observe(|observer| observer.after(call, &result_kind(&result)));
        result
    }

    /// One transfer: repeated over signals, refused before a connection is there, and with
    /// a reset remembered.
    fn transfer<T>(&self, mut transfer: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        self.inner.check_open()?;
        let result = loop {
            let result = transfer();
            if !is_interrupted(&result) {
                break result;
            }
        };
        match result {
            Err(_) if self.inner.is_closed() => Err(super::closed()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                self.inner.state.set_reset();
                Err(error)
            }
            // The kernel lets calls wait for the handshake; Winsock does not.
            Err(_) if self.kind() == Kind::Stream && self.inner.phase() == Phase::Connecting => {
                Err(from_errno(Errno::NOTCONN))
            }
            result => result,
        }
    }
}

fn is_broken_pipe<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::BrokenPipe)
}

#[expect(
    unsafe_code,
    reason = "socket2 receives into uninitialised buffers only"
)]
fn as_uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: both types have one layout, and socket2 promises that its receiving calls
    // write initialised bytes only, so the buffer stays initialised.
    unsafe { &mut *(std::ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.receive(buffer)
    }
}

impl Read for &Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.receive(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.send(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for &Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.send(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
