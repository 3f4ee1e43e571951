//! Overlapped calls: a record for the system to write to, which has what it transfers with it.
//!
//! The record goes to the system with the call and comes back when the operation has ended.
//! Meanwhile nobody has access to it, so that the buffers in its tail are the system's; a
//! record that is not taken back is leaked, never freed.
//!
//! How the program is told is the caller's choice ([`Notify`]): at the port that the socket is
//! with, by an event, or by a completion routine. Each comes with the address of the record,
//! which is a name here: nothing is looked for behind it.
#![expect(unsafe_code, reason = "memory that the system writes to")]

mod calls;
mod context;
mod segments;

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::io;
use std::mem;
use std::os::windows::io::{AsRawHandle, AsRawSocket, BorrowedHandle};
use std::panic::catch_unwind;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

use socket2::{SockAddr, SockAddrStorage, Socket};
use windows_sys::Win32::Foundation::{
    HANDLE, NTSTATUS, RtlNtStatusToDosError, STATUS_BUFFER_OVERFLOW, STATUS_PENDING,
};
use windows_sys::Win32::Networking::WinSock::{
    SOCKADDR, SOCKET, WSA_IO_PENDING, WSABUF, WSAEINVAL, WSAEMSGSIZE, WSAGetOverlappedResult,
};
use windows_sys::Win32::System::IO::{CancelIoEx, OVERLAPPED};

use super::codes;
use super::extension::{Extension, missing};
use super::port::Ended;
pub(crate) use context::{acceptor, bind_if_unbound, complete_accept, complete_connect};

/// How the program is told that an operation has ended.
#[derive(Clone, Copy)]
pub(crate) enum Notify<'e> {
    /// By a packet at the port that the socket is with.
    Port,
    /// By an event, which the system resets first.
    Event(BorrowedHandle<'e>),
    /// By a call of this function, on this thread, in an alertable wait; see
    /// [`routine`](Self::routine).
    Routine(Routine),
}

/// Who is told by a completion routine.
pub(crate) trait Told {
    /// The operation has ended whose record has this address.
    fn told(address: usize);
}

impl Notify<'_> {
    /// By a completion routine.
    pub(crate) fn routine<T: Told>() -> Self {
        Self::Routine(Routine(Some(tell::<T>)))
    }
}

/// A completion routine, as Winsock takes it.
#[derive(Clone, Copy)]
pub(crate) struct Routine(SystemRoutine);

unsafe extern "system" fn tell<T: Told>(_: u32, _: u32, record: *mut OVERLAPPED, _: u32) {
    // A panic can't go on into the system's code; the hook has told of it, and what was
    // panicked with may panic in its drop.
    if let Err(payload) = catch_unwind(|| T::told(record.addr())) {
        mem::forget(payload);
    }
}

/// What an operation keeps where the system finds it: what the system needs, and a tail of the
/// caller's, with the buffers.
#[repr(C)]
pub(crate) struct Record<T> {
    /// First, so that its address is the record's.
    overlapped: UnsafeCell<OVERLAPPED>,
    segments: Vec<WSABUF>,
    flags: u32,
    address_length: i32,
    /// The peer's, or those that AcceptEx writes.
    address: SockAddrStorage,
    pub(crate) tail: T,
}

// SAFETY: the addresses in it are for the system to follow, and that only while it is lent.
unsafe impl<T: Send> Send for Record<T> {}

/// Room for one address of AcceptEx: that of the largest internet address, and 16 bytes.
const ACCEPT_ADDRESS: usize = 28 + 16;

const _: () = assert!(2 * ACCEPT_ADDRESS <= size_of::<SockAddrStorage>());

/// A record that the system has. Dropping it leaks the record.
pub(crate) struct Lent<T>(NonNull<Record<T>>);

// SAFETY: it owns the record, which any thread may take back.
unsafe impl<T: Send> Send for Lent<T> {}

// SAFETY: shared, it gives nothing of the record but whether the system has done with it.
unsafe impl<T: Send> Sync for Lent<T> {}

/// How an operation began.
pub(crate) enum Begun<T> {
    /// The program will be told of its end, though that may have come already.
    UnderWay(Lent<T>),
    /// It has failed, and nobody is told.
    Failed(Box<Record<T>>, io::Error),
}

/// How an operation ended.
pub(crate) struct Outcome {
    /// How many bytes were transferred, also by one that failed.
    pub(crate) bytes: usize,
    pub(crate) result: io::Result<()>,
}

/// Cancels one operation (CancelIoEx); whether it was still under way. How it ends is told as
/// ever.
pub(crate) fn cancel<T>(socket: &Socket, lent: &Lent<T>) -> bool {
    // SAFETY: the system compares the address with those of what is under way on the socket.
    unsafe { CancelIoEx(handle(socket), lent.0.as_ptr().cast()) != 0 }
}

impl<T> Lent<T> {
    /// The address by which the program is told.
    pub(crate) fn address(&self) -> usize {
        self.0.addr().get()
    }

    /// Whether the operation has not ended.
    pub(crate) fn is_pending(&self) -> bool {
        // SAFETY: the record is there. The system sets the status last of all; it is read as a
        // whole, by whichever thread.
        let status = unsafe {
            let overlapped: *mut OVERLAPPED = self.0.as_ptr().cast();
            AtomicUsize::from_ptr(&raw mut (*overlapped).Internal)
        };
        status.load(Ordering::Acquire) == STATUS_PENDING as usize
    }

    /// Takes the record back of an operation that has ended, and that the program was told of.
    ///
    /// # Panics
    /// It has not ended.
    pub(crate) fn take_back(self) -> Box<Record<T>> {
        assert!(!self.is_pending(), "the system has the record");
        // SAFETY: it came from a box, there is one of it, and the system has done with it.
        unsafe { Box::from_raw(self.0.as_ptr()) }
    }

    /// Takes the record back of an operation of which a port has told by a packet, after which the
    /// system does nothing with it.
    ///
    /// # Panics
    /// The packet is another's.
    pub(crate) fn take_back_by(self, ended: Ended) -> Box<Record<T>> {
        assert_eq!(ended.address, self.address(), "the packet is another's");
        // SAFETY: it came from a box, and there is one of it. Each call with it brings one packet at
        // most, which is used up here; what is posted is told apart.
        unsafe { Box::from_raw(self.0.as_ptr()) }
    }
}

impl<T> Record<T> {
    pub(crate) fn new(tail: T) -> Box<Self> {
        Box::new(Self {
            overlapped: UnsafeCell::new(OVERLAPPED::default()),
            segments: Vec::new(),
            flags: 0,
            address_length: 0,
            address: SockAddrStorage::zeroed(),
            tail,
        })
    }

    /// How the operation ended (WSAGetOverlappedResult; for a socket that is closed, what the
    /// system has left).
    pub(crate) fn outcome(&mut self, socket: Option<&Socket>) -> Outcome {
        let overlapped = self.overlapped.get_mut();
        let Some(socket) = socket else {
            return Outcome {
                bytes: overlapped.InternalHigh,
                result: result_of(overlapped.Internal as NTSTATUS),
            };
        };
        let transferred = overlapped.InternalHigh;
        let (mut bytes, mut flags) = (0, 0);
        // SAFETY: the record is here, so that the operation has ended; the call looks at what
        // the system has left in it.
        let done = unsafe {
            WSAGetOverlappedResult(raw(socket), overlapped, &raw mut bytes, 0, &raw mut flags)
        };
        let result = checked_bool(done);
        Outcome {
            bytes: match &result {
                Ok(()) => bytes as usize,
                // The call does not say it.
                Err(_) => transferred,
            },
            result,
        }
    }

    /// Who sent the datagram that was received.
    pub(crate) fn sender(&self) -> SockAddr {
        // SAFETY: the system has written an address of this length; the bytes are only copied.
        unsafe { SockAddr::new(ptr::read(&raw const self.address), self.address_length) }
    }

    /// The peer of the connection that was accepted.
    pub(crate) fn peer(&self, listener: &Socket) -> io::Result<SockAddr> {
        let addresses = Extension::of(listener)?.accept_ex_addresses;
        let addresses = addresses.ok_or_else(missing)?;
        let (mut local, mut peer) = (ptr::null_mut(), ptr::null_mut());
        let (mut local_length, mut peer_length) = (0, 0);
        // SAFETY: AcceptEx has filled this, being told the same lengths. The peer's address lies
        // within it, or is none.
        unsafe {
            addresses(
                (&raw const self.address).cast(),
                0,
                ACCEPT_ADDRESS as u32,
                ACCEPT_ADDRESS as u32,
                &raw mut local,
                &raw mut local_length,
                &raw mut peer,
                &raw mut peer_length,
            );
            address_at(peer, peer_length)
        }
    }

    /// Gives the record to the system by `call`.
    fn begin(
        self: Box<Self>,
        notify: Notify<'_>,
        call: impl FnOnce(*mut Self, SystemRoutine) -> io::Result<()>,
    ) -> Begun<T> {
        let mut this = self;
        this.flags = 0;
        let overlapped = this.overlapped.get_mut();
        *overlapped = OVERLAPPED::default();
        let mut routine: SystemRoutine = None;
        match notify {
            Notify::Port => {}
            Notify::Event(event) => overlapped.hEvent = event.as_raw_handle(),
            Notify::Routine(Routine(function)) => routine = function,
        }
        let record = Box::into_raw(this);
        match call(record, routine) {
            Err(error) if error.raw_os_error() != Some(WSA_IO_PENDING) => {
                // SAFETY: it came from the box, and the system does nothing with the record of a
                // call that failed.
                let mut record = unsafe { Box::from_raw(record) };
                *record.overlapped.get_mut() = OVERLAPPED::default();
                if error.raw_os_error() == Some(WSAEMSGSIZE) {
                    record.overlapped.get_mut().Internal = STATUS_BUFFER_OVERFLOW as usize;
                }
                Begun::Failed(record, error)
            }
            // SAFETY: a box is not null.
            _ => Begun::UnderWay(Lent(unsafe { NonNull::new_unchecked(record) })),
        }
    }
}

/// What Winsock takes a completion routine for.
type SystemRoutine = Option<unsafe extern "system" fn(u32, u32, *mut OVERLAPPED, u32)>;

/// # Safety
/// An address of this length is there, unless it is null.
unsafe fn address_at(address: *const SOCKADDR, length: i32) -> io::Result<SockAddr> {
    let mut storage = SockAddrStorage::zeroed();
    let fits = (1..=storage.size_of()).contains(&length);
    if address.is_null() || !fits {
        return Err(codes::from_code(WSAEINVAL));
    }
    // SAFETY: there are so many bytes, which the storage has room for, and they are an address.
    unsafe {
        let to: *mut u8 = (&raw mut storage).cast();
        to.copy_from_nonoverlapping(address.cast(), length as usize);
        Ok(SockAddr::new(storage, length))
    }
}

/// The result that a status stands for.
fn result_of(status: NTSTATUS) -> io::Result<()> {
    if status >= 0 {
        return Ok(());
    }
    // SAFETY: the call only looks the status up.
    let code = unsafe { RtlNtStatusToDosError(status) };
    Err(codes::from_code(code as i32))
}

/// The result of a function of Winsock's.
fn checked(failed: i32) -> io::Result<()> {
    match failed {
        0 => Ok(()),
        _ => Err(codes::last_error()),
    }
}

/// The result of a function that says whether it is done.
fn checked_bool(done: i32) -> io::Result<()> {
    checked(i32::from(done == 0))
}

fn raw(socket: &Socket) -> SOCKET {
    socket.as_raw_socket() as SOCKET
}

fn handle(socket: &Socket) -> HANDLE {
    socket.as_raw_socket() as *mut c_void
}
