//! Winsock's calls in a form that probes can be written in: sockets that close themselves,
//! and results with the code of `WSAGetLastError`.
#![cfg(windows)]

mod event;
mod overlapped;
mod port;
mod window;

use std::mem::{size_of, zeroed};
use std::ptr;
use std::sync::Once;

use windows_sys::Win32::Networking::WinSock::*;

pub use event::{Event, NetworkEvents};
pub use overlapped::{Operation, cancel_all};
pub use port::{Packet, Port};
pub use window::{EVENT_MESSAGE, Window};

/// How long to wait for what must come.
pub const LONG_MS: u32 = 5000;
/// How long to wait for what must not come.
pub const SHORT_MS: u32 = 150;

/// A socket; dropping it closes it.
#[derive(Debug)]
pub struct Socket(pub SOCKET);

impl Socket {
    pub fn stream() -> Self {
        Self::new(SOCK_STREAM)
    }

    pub fn datagram() -> Self {
        Self::new(SOCK_DGRAM)
    }

    fn new(kind: i32) -> Self {
        static STARTUP: Once = Once::new();
        STARTUP.call_once(|| {
            let mut data = unsafe { zeroed() };
            assert_eq!(unsafe { WSAStartup(0x0202, &mut data) }, 0);
        });
        let socket = unsafe { socket(AF_INET.into(), kind, 0) };
        assert_ne!(socket, INVALID_SOCKET);
        Self(socket)
    }

    /// A listening socket on loopback and its port.
    pub fn listener() -> (Self, u16) {
        let socket = Self::stream();
        let port = socket.bind();
        assert_eq!(unsafe { listen(socket.0, 16) }, 0);
        (socket, port)
    }

    /// A client's socket and the server's, connected.
    pub fn pair() -> (Self, Self) {
        let (listener, port) = Self::listener();
        let client = Self::stream();
        client.connect(port).unwrap();
        let server = listener.accept().unwrap();
        (client, server)
    }

    /// Binds to a free port of loopback.
    pub fn bind(&self) -> u16 {
        let mut address = loopback(0);
        let mut length = size_of::<SOCKADDR_IN>() as i32;
        let pointer = ptr::from_mut(&mut address).cast();
        assert_eq!(unsafe { bind(self.0, pointer, length) }, 0);
        assert_eq!(unsafe { getsockname(self.0, pointer, &mut length) }, 0);
        u16::from_be(address.sin_port)
    }

    pub fn connect(&self, port: u16) -> Result<(), i32> {
        let address = loopback(port);
        let length = size_of::<SOCKADDR_IN>() as i32;
        check(unsafe { connect(self.0, ptr::from_ref(&address).cast(), length) }).map(drop)
    }

    /// The peer's port (getpeername).
    pub fn peer(&self) -> Result<u16, i32> {
        let mut address = loopback(0);
        let mut length = size_of::<SOCKADDR_IN>() as i32;
        check(unsafe { getpeername(self.0, ptr::from_mut(&mut address).cast(), &mut length) })?;
        Ok(u16::from_be(address.sin_port))
    }

    pub fn accept(&self) -> Result<Self, i32> {
        let socket = unsafe { accept(self.0, ptr::null_mut(), ptr::null_mut()) };
        if socket == INVALID_SOCKET {
            return Err(last_error());
        }
        Ok(Self(socket))
    }

    pub fn send(&self, bytes: &[u8]) -> Result<usize, i32> {
        self.send_with(bytes, 0)
    }

    pub fn send_with(&self, bytes: &[u8], flags: i32) -> Result<usize, i32> {
        check(unsafe { send(self.0, bytes.as_ptr(), bytes.len() as i32, flags) })
    }

    pub fn receive(&self, length: usize) -> Result<Vec<u8>, i32> {
        self.receive_with(length, 0)
    }

    pub fn receive_with(&self, length: usize, flags: i32) -> Result<Vec<u8>, i32> {
        let mut bytes = vec![0; length];
        let received =
            check(unsafe { recv(self.0, bytes.as_mut_ptr(), bytes.len() as i32, flags) })?;
        bytes.truncate(received);
        Ok(bytes)
    }

    /// Receives exactly so many bytes.
    pub fn receive_all(&self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let more = self.receive(length - bytes.len()).unwrap();
            assert!(!more.is_empty(), "the stream ended");
            bytes.extend(more);
        }
        bytes
    }

    pub fn set_nonblocking(&self, nonblocking: bool) -> Result<(), i32> {
        let mut mode = u32::from(nonblocking);
        check(unsafe { ioctlsocket(self.0, FIONBIO, &mut mode) }).map(drop)
    }

    pub fn set_option(&self, option: i32, value: i32) {
        let pointer = ptr::from_ref(&value).cast();
        assert_eq!(
            unsafe { setsockopt(self.0, SOL_SOCKET, option, pointer, 4) },
            0
        );
    }

    pub fn option(&self, option: i32) -> i32 {
        let (mut value, mut length) = (0, 4);
        let pointer = ptr::from_mut(&mut value).cast();
        assert_eq!(
            unsafe { getsockopt(self.0, SOL_SOCKET, option, pointer, &mut length) },
            0
        );
        value
    }

    /// Stops sending.
    pub fn end(&self) {
        assert_eq!(unsafe { shutdown(self.0, SD_SEND) }, 0);
    }

    /// Closes the connection by a reset.
    pub fn reset(self) {
        let linger = LINGER {
            l_onoff: 1,
            l_linger: 0,
        };
        let pointer = ptr::from_ref(&linger).cast();
        let length = size_of::<LINGER>() as i32;
        assert_eq!(
            unsafe { setsockopt(self.0, SOL_SOCKET, SO_LINGER, pointer, length) },
            0
        );
    }

    /// Closes the socket although others use it still.
    pub fn close(&self) {
        assert_eq!(unsafe { closesocket(self.0) }, 0);
    }

    /// Fills the buffers between two sockets until sending would block.
    pub fn fill(&self) -> usize {
        self.set_nonblocking(true).unwrap();
        let mut sent = 0;
        loop {
            match self.send(&[7; 65536]) {
                Ok(length) => sent += length,
                Err(code) => {
                    assert_eq!(code, WSAEWOULDBLOCK);
                    return sent;
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        unsafe { closesocket(self.0) };
    }
}

/// A port of loopback where nobody listens.
pub fn closed_port() -> u16 {
    Socket::stream().bind()
}

pub fn last_error() -> i32 {
    unsafe { WSAGetLastError() }
}

fn check(result: i32) -> Result<usize, i32> {
    usize::try_from(result).map_err(|_| last_error())
}

fn loopback(port: u16) -> SOCKADDR_IN {
    let mut address: SOCKADDR_IN = unsafe { zeroed() };
    address.sin_family = AF_INET;
    address.sin_port = port.to_be();
    address.sin_addr.S_un.S_addr = 0x7f00_0001_u32.to_be();
    address
}
