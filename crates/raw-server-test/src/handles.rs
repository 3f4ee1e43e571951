//! What the handles that the program has stand for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use overport::raw;

use crate::error::Code;
use crate::types::Handle;

static HANDLES: Mutex<Option<Handles>> = Mutex::new(None);

#[derive(Default)]
struct Handles {
    ports: HashMap<Handle, raw::Port>,
    sockets: HashMap<Handle, raw::Handle>,
    ports_made: usize,
}

/// Numbers of ports are above all that a descriptor can be.
const FIRST_PORT: Handle = 1 << 32;

pub(crate) fn add_port(port: raw::Port) -> Handle {
    with(|handles| {
        let handle = FIRST_PORT + handles.ports_made;
        handles.ports_made += 1;
        handles.ports.insert(handle, port);
        handle
    })
}

/// The port; the handle may be closed while a thread is at it.
pub(crate) fn port(handle: Handle) -> Result<raw::Port, Code> {
    with(|handles| handles.ports.get(&handle).cloned()).ok_or(Code::INVALID_HANDLE)
}

pub(crate) fn remove_port(handle: Handle) -> Result<raw::Port, Code> {
    with(|handles| handles.ports.remove(&handle)).ok_or(Code::INVALID_HANDLE)
}

pub(crate) fn add_socket(handle: Handle, socket: raw::Handle) {
    with(|handles| handles.sockets.insert(handle, socket));
}

pub(crate) fn socket(handle: Handle) -> Result<raw::Handle, Code> {
    with(|handles| handles.sockets.get(&handle).cloned()).ok_or(Code::NOT_SOCKET)
}

/// Forgets the socket. The descriptor is still open, so that its number can't be another's yet.
pub(crate) fn remove_socket(handle: Handle) -> Result<raw::Handle, Code> {
    with(|handles| handles.sockets.remove(&handle)).ok_or(Code::NOT_SOCKET)
}

fn with<R>(f: impl FnOnce(&mut Handles) -> R) -> R {
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    f(handles.get_or_insert_default())
}
