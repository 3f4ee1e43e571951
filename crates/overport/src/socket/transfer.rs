//! Sending and receiving.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::inner::Need;
use super::{Call, Kind, Phase, Socket, result_kind};
use crate::error::{closed, from_errno};
use crate::sys;

impl Socket {
    /// Receives what is there of a stream, at most a buffer full, or one datagram (recv(2));
    /// 0 is the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` in non-blocking mode while nothing is there; `TimedOut` in blocking mode
    /// when nothing came for as long as the option SO_RCVTIMEO says; `ConnectionReset` after
    /// the peer reset the connection, however often it is called; `NotConnected` without a
    /// connection; `WSAEMSGSIZE` (EMSGSIZE) for a datagram that is longer than the buffer:
    /// what fits is there, the rest is lost.
    #[doc(alias = "recv")]
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.observed_transfer(Call::Receive, || {
            self.receive_with(buffer, RecvFlags::empty())
        })
    }

    /// Like [`receive`](Self::receive), but leaves the data where it is (MSG_PEEK). It re-arms
    /// the same event, which is reported again at once then, since data is left.
    ///
    /// # Errors
    /// Those of [`receive`](Self::receive).
    #[doc(alias = "MSG_PEEK")]
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.observed_transfer(Call::Receive, || self.receive_with(buffer, RecvFlags::PEEK))
    }

    /// Receives the byte that the peer sent out of band (MSG_OOB).
    ///
    /// # Errors
    /// `InvalidInput` where there is none, or where the option OOBINLINE puts it into the
    /// stream; `WouldBlock`, in either mode, where it is announced but not there yet; else
    /// those of [`receive`](Self::receive).
    #[doc(alias = "MSG_OOB")]
    pub fn receive_out_of_band(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.observed_transfer(Call::ReceiveOutOfBand, || {
            // It never waits.
            sys::socket::receive(&self.inner.socket, buffer, RecvFlags::OOB)
        })
    }

    /// Receives one datagram and its sender's address, or what is there of a stream
    /// (`recvfrom`).
    ///
    /// # Errors
    /// Those of [`receive`](Self::receive).
    #[doc(alias = "recvfrom")]
    pub fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.observed_transfer(Call::Receive, || match self.kind() {
            Kind::Stream => {
                let length = self.receive_with(buffer, RecvFlags::empty())?;
                Ok((length, self.peer_addr()?))
            }
            Kind::Datagram => self.receive_datagram(buffer, RecvFlags::empty()),
        })
    }

    /// Sends (`send`): in blocking mode all of it, in non-blocking mode as much as there is
    /// room for, at least one byte; Windows takes all of it where there is any. A datagram goes whole or not
    /// at all.
    ///
    /// # Errors
    /// `WouldBlock` in non-blocking mode without room; `TimedOut` in blocking mode without
    /// room for as long as the option SO_SNDTIMEO says (where some bytes went before, their
    /// number is returned instead); `ConnectionReset` after a reset; `NotConnected` without
    /// a connection; `BrokenPipe` after sending was shut down. Where a blocking send fails
    /// midway, what went before is lost count of.
    pub fn send(&self, buffer: &[u8]) -> io::Result<usize> {
        self.observed_transfer(Call::Send, || {
            let mut sent = self
                .send_with(buffer, SendFlags::empty())?
                .ok_or_else(timed_out)?;
            while sent < buffer.len() && !self.is_nonblocking() {
                match self.send_with(&buffer[sent..], SendFlags::empty()) {
                    Ok(Some(length)) => sent += length,
                    Ok(None) => break,
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
    /// Those of [`send`](Self::send); `Unsupported` on a datagram socket.
    pub fn send_out_of_band(&self, buffer: &[u8]) -> io::Result<usize> {
        self.observed_transfer(Call::Send, || {
            self.send_with(buffer, SendFlags::OOB)?
                .ok_or_else(timed_out)
        })
    }

    /// Sends one datagram to `peer` (`sendto`). A stream sends to the peer that it has.
    ///
    /// # Errors
    /// Those of [`send`](Self::send); a datagram too large.
    #[doc(alias = "sendto")]
    pub fn send_to(&self, buffer: &[u8], peer: SocketAddr) -> io::Result<usize> {
        match self.kind() {
            Kind::Stream => self.send(buffer),
            Kind::Datagram => self.observed_transfer(Call::Send, || {
                let socket = &self.inner.socket;
                self.inner
                    .wait_for(Need::Send, || sys::socket::send_to(socket, buffer, peer))?
                    .ok_or_else(timed_out)
            }),
        }
    }

    fn receive_with(&self, buffer: &mut [u8], flags: RecvFlags) -> io::Result<usize> {
        if self.kind() == Kind::Datagram {
            let (length, _) = self.receive_datagram(buffer, flags)?;
            return Ok(length);
        }
        let length = self.receive_once(|socket| sys::socket::receive(socket, buffer, flags))?;
        if length == 0 {
            // A lost connection ends like any other for the kernel, once it has told of it,
            // and so do calls that close() wakes.
            self.inner.check_open()?;
            self.inner.loss().map_or(Ok(()), Err)?;
        }
        Ok(length)
    }

    fn receive_datagram(
        &self,
        buffer: &mut [u8],
        flags: RecvFlags,
    ) -> io::Result<(usize, SocketAddr)> {
        self.receive_once(|socket| sys::socket::receive_datagram(socket, buffer, flags))
    }

    fn receive_once<T>(
        &self,
        mut receive: impl FnMut(&socket2::Socket) -> io::Result<T>,
    ) -> io::Result<T> {
        self.inner
            .wait_for(Need::Receive, || receive(&self.inner.socket))?
            .ok_or_else(timed_out)
    }

    /// Sends what one call takes; `None` where there was no room within the time for it.
    fn send_with(&self, buffer: &[u8], flags: SendFlags) -> io::Result<Option<usize>> {
        let buffer = self.inner.sendable(buffer);
        self.inner.wait_for(Need::Send, || {
            sys::socket::send(&self.inner.socket, buffer, flags)
        })
    }

    fn observed_transfer<T>(
        &self,
        call: Call,
        transfer: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let result = self.transfer(transfer);
        self.inner
            .observe(|observer| observer.after(call, &result_kind(&result)));
        result
    }

    /// One transfer: refused without a connection, and with the loss of the connection
    /// remembered.
    fn transfer<T>(&self, transfer: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.inner.check_open()?;
        // The kernel lets calls wait for the handshake; Winsock does not.
        if self.kind() == Kind::Stream && self.inner.phase() != Phase::Connected {
            return Err(from_errno(Errno::NOTCONN));
        }
        transfer().map_err(|error| {
            if self.is_closed() {
                return closed();
            }
            if self.inner.loses_connection(&error) {
                return self.inner.loss().unwrap_or(error);
            }
            error
        })
    }
}

fn timed_out() -> io::Error {
    from_errno(Errno::TIMEDOUT)
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
