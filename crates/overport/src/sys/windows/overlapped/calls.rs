//! The calls that give a record to the system.

use std::ptr;

use socket2::{SockAddr, Socket};
use windows_sys::Win32::Networking::WinSock::{WSARecv, WSARecvFrom, WSASend, WSASendTo};

use super::{ACCEPT_ADDRESS, Begun, Notify, Record, checked, checked_bool, raw};
use crate::buffer::Buffer;
use crate::sys::windows::extension::{Extension, missing};

impl<T> Record<T> {
    /// Receives into the spare room of the buffers (WSARecv), of at most so many of them as have
    /// any; into no room if none has.
    pub(crate) fn receive<B: Buffer>(
        mut self: Box<Self>,
        socket: &Socket,
        notify: Notify<'_>,
        limit: usize,
        buffers: impl FnOnce(&mut T) -> &mut [B],
    ) -> Begun<T> {
        self.segment_room(limit, buffers);
        self.begin(notify, |record, routine| {
            // SAFETY: the segments tell of buffers in the tail, which are the system's until the
            // record comes back; all else is in the record, too.
            let failed = unsafe {
                WSARecv(
                    raw(socket),
                    (*record).segments.as_ptr(),
                    (*record).segments.len() as u32,
                    ptr::null_mut(),
                    &raw mut (*record).flags,
                    record.cast(),
                    routine,
                )
            };
            checked(failed)
        })
    }

    /// Receives one datagram (WSARecvFrom); see [`receive`](Self::receive).
    pub(crate) fn receive_from<B: Buffer>(
        mut self: Box<Self>,
        socket: &Socket,
        notify: Notify<'_>,
        buffers: impl FnOnce(&mut T) -> &mut [B],
    ) -> Begun<T> {
        self.segment_room(usize::MAX, buffers);
        self.address_length = self.address.size_of();
        self.begin(notify, |record, routine| {
            // SAFETY: as for a receive.
            let failed = unsafe {
                WSARecvFrom(
                    raw(socket),
                    (*record).segments.as_ptr(),
                    (*record).segments.len() as u32,
                    ptr::null_mut(),
                    &raw mut (*record).flags,
                    (&raw mut (*record).address).cast(),
                    &raw mut (*record).address_length,
                    record.cast(),
                    routine,
                )
            };
            checked(failed)
        })
    }

    /// Sends what the buffers hold, but for the first `skip` bytes (WSASend), and of at most so
    /// many buffers as hold any.
    pub(crate) fn send<B: Buffer>(
        mut self: Box<Self>,
        socket: &Socket,
        notify: Notify<'_>,
        skip: usize,
        limit: usize,
        buffers: impl FnOnce(&mut T) -> &[B],
    ) -> Begun<T> {
        self.segment_filled(skip, limit, buffers);
        self.begin(notify, |record, routine| {
            // SAFETY: the segments tell of buffers in the tail, which nobody changes until the
            // record comes back; all else is in the record, too.
            let failed = unsafe {
                WSASend(
                    raw(socket),
                    (*record).segments.as_ptr(),
                    (*record).segments.len() as u32,
                    ptr::null_mut(),
                    0,
                    record.cast(),
                    routine,
                )
            };
            checked(failed)
        })
    }

    /// Sends one datagram (WSASendTo).
    pub(crate) fn send_to<B: Buffer>(
        mut self: Box<Self>,
        socket: &Socket,
        notify: Notify<'_>,
        peer: &SockAddr,
        buffers: impl FnOnce(&mut T) -> &[B],
    ) -> Begun<T> {
        self.segment_filled(0, usize::MAX, buffers);
        self.address = peer.clone().as_storage();
        self.address_length = peer.len();
        self.begin(notify, |record, routine| {
            // SAFETY: as for a send.
            let failed = unsafe {
                WSASendTo(
                    raw(socket),
                    (*record).segments.as_ptr(),
                    (*record).segments.len() as u32,
                    ptr::null_mut(),
                    0,
                    (&raw const (*record).address).cast(),
                    (*record).address_length,
                    record.cast(),
                    routine,
                )
            };
            checked(failed)
        })
    }

    /// Takes one connection (AcceptEx) with a socket that is neither bound nor connected, and
    /// that the tail is to keep.
    pub(crate) fn accept(
        self: Box<Self>,
        listener: &Socket,
        notify: Notify<'_>,
        accepted: &Socket,
    ) -> Begun<T> {
        let accept_ex = match Extension::of(listener) {
            Ok(extension) => extension.accept_ex,
            Err(error) => return Begun::Failed(self, error),
        };
        self.begin(notify, |record, _| {
            let accept_ex = accept_ex.ok_or_else(missing)?;
            // SAFETY: the addresses go into the record, where there is room for them.
            let done = unsafe {
                accept_ex(
                    raw(listener),
                    raw(accepted),
                    (&raw mut (*record).address).cast(),
                    0,
                    ACCEPT_ADDRESS as u32,
                    ACCEPT_ADDRESS as u32,
                    // Null is not documented to be allowed.
                    &raw mut (*record).flags,
                    record.cast(),
                )
            };
            checked_bool(done)
        })
    }

    /// Connects (ConnectEx) a socket that is bound.
    pub(crate) fn connect(
        mut self: Box<Self>,
        socket: &Socket,
        notify: Notify<'_>,
        peer: &SockAddr,
    ) -> Begun<T> {
        let connect_ex = match Extension::of(socket) {
            Ok(extension) => extension.connect_ex,
            Err(error) => return Begun::Failed(self, error),
        };
        self.address = peer.clone().as_storage();
        self.address_length = peer.len();
        self.begin(notify, |record, _| {
            let connect_ex = connect_ex.ok_or_else(missing)?;
            // SAFETY: the address is in the record, and there is nothing to send.
            let done = unsafe {
                connect_ex(
                    raw(socket),
                    (&raw const (*record).address).cast(),
                    (*record).address_length,
                    ptr::null(),
                    0,
                    ptr::null_mut(),
                    record.cast(),
                )
            };
            checked_bool(done)
        })
    }
}
