//! WSAAsyncSelect: the window that the network events of sockets are posted to, and the thread
//! that it lives on.
//!
//! A message names its socket by the handle's value, which may be another socket's by the time
//! the message is handled. So each selection has a message number of its own, and the two
//! together lead to it: a message that leads nowhere is of a selection that has ended.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Debug;
use std::io;
use std::ops::RangeInclusive;
use std::os::windows::io::BorrowedSocket;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::ThreadId;
use std::{mem, ptr, thread};

use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::Networking::WinSock::{SOCKET, WSAAsyncSelect};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DispatchMessageW, GetMessageW, HWND_MESSAGE, MSG,
    PostMessageW, RegisterClassW, WM_APP, WNDCLASSW,
};
use windows_sys::w;

use super::network_events::{check, event_of, mask, raw};
use crate::network_events::{NetworkEvent, NetworkEvents};

/// Who is told of one socket's events.
pub(crate) trait Receiver: Debug + Send + Sync {
    /// An event has come for the selection with this route, with the code of its error. Runs
    /// on the window's thread, and must not wait.
    fn receive(&self, route: Route, event: NetworkEvent, code: Option<i32>);
}

/// One selection of one socket: the handle's value and the number of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    socket: SOCKET,
    number: u32,
}

/// The window of the process.
#[derive(Debug)]
pub(crate) struct Window {
    /// The handle's value; any thread may use it.
    handle: usize,
    thread: ThreadId,
    routes: Mutex<Routes>,
    progress: Mutex<Progress>,
    answered: Condvar,
}

/// How many times the thread was asked by [`CAUGHT_UP`], and has answered.
#[derive(Debug, Default)]
struct Progress {
    asked: u64,
    answered: u64,
}

#[derive(Debug)]
struct Routes {
    receivers: HashMap<Route, Weak<dyn Receiver>>,
    number: u32,
}

impl Window {
    /// The window of the process, made by the first call, and its thread with it.
    pub(crate) fn of_process() -> io::Result<&'static Self> {
        static WINDOW: Mutex<Option<&'static Window>> = Mutex::new(None);
        let mut running = WINDOW.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = *running {
            return Ok(window);
        }
        let (made, result) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("overport-window".into())
            .spawn(move || live(&made))?;
        // A thread that could not make it has said why.
        let window = result.recv().unwrap_or_else(|_| Err(ended()))?;
        Ok(running.insert(window))
    }

    /// A route for a selection that is about to be made. Waits now and then until the thread
    /// has handled the messages before; nothing must be locked that a receiver locks.
    pub(crate) fn route(
        &self,
        socket: BorrowedSocket<'_>,
        receiver: Weak<dyn Receiver>,
    ) -> io::Result<Route> {
        let route = self.lock().open(raw(socket), receiver);
        if route.number % CATCH_UP_EVERY == 0 {
            if let Err(error) = self.catch_up() {
                self.close(route);
                return Err(error);
            }
        }
        Ok(route)
    }

    /// Has the events of the socket posted by this route, and what holds already at once, in
    /// place of whatever was selected before.
    pub(crate) fn select(
        &self,
        socket: BorrowedSocket<'_>,
        route: Route,
        events: NetworkEvents,
    ) -> io::Result<()> {
        debug_assert_eq!(raw(socket), route.socket);
        // SAFETY: the socket is open for as long as it is borrowed, and the window for ever.
        check(unsafe { WSAAsyncSelect(raw(socket), self.hwnd(), route.number, mask(events)) })
    }

    /// Ends what was selected, by either model, and what is remembered of it: the next selection
    /// reports anew what holds then.
    pub(crate) fn forget(&self, socket: BorrowedSocket<'_>) -> io::Result<()> {
        // SAFETY: the socket is open for as long as it is borrowed, and the window for ever.
        check(unsafe { WSAAsyncSelect(raw(socket), self.hwnd(), *NUMBERS.start(), 0) })
    }

    /// Nothing that comes by this route reaches a receiver any more.
    pub(crate) fn close(&self, route: Route) {
        // A weak reference runs nobody's code when it goes.
        self.lock().receivers.remove(&route);
    }

    /// Waits until the thread has handled what was posted before. So no number is given anew
    /// while a message with it waits, and the system's limit for posted messages is not
    /// reached by selecting again and again.
    fn catch_up(&self) -> io::Result<()> {
        if thread::current().id() == self.thread {
            // A value of the program's that selects when it is dropped.
            return Ok(());
        }
        let mut progress = self.lock_progress();
        // SAFETY: the call takes no pointers; the window is there for ever.
        if unsafe { PostMessageW(self.hwnd(), CAUGHT_UP, 0, 0) } == 0 {
            return Err(io::Error::last_os_error());
        }
        progress.asked += 1;
        let wanted = progress.asked;
        while progress.answered < wanted {
            let waited = self.answered.wait(progress);
            progress = waited.unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Handles a message on the window's thread.
    fn handle(&self, message: &MSG) {
        match message.message {
            CAUGHT_UP => {
                self.lock_progress().answered += 1;
                self.answered.notify_all();
            }
            number if NUMBERS.contains(&number) => self.deliver(message),
            // SAFETY: the message is as it was taken from the queue.
            _ => drop(unsafe { DispatchMessageW(message) }),
        }
    }

    /// Hands an event on: the event is in the lower half of the parameter, its error in the
    /// upper.
    fn deliver(&self, message: &MSG) {
        let route = Route {
            socket: message.wParam,
            number: message.message,
        };
        let receiver = self.lock().receivers.get(&route).and_then(Weak::upgrade);
        let event = event_of((message.lParam & 0xffff) as u32);
        if let (Some(receiver), Some(event)) = (receiver, event) {
            let code = (message.lParam >> 16 & 0xffff) as i32;
            receiver.receive(route, event, Some(code).filter(|&code| code != 0));
        }
    }

    fn hwnd(&self) -> HWND {
        self.handle as HWND
    }

    fn lock(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Routes {
    /// Each number in turn but those that the socket has: it has one, or a few for a moment.
    fn open(&mut self, socket: SOCKET, receiver: Weak<dyn Receiver>) -> Route {
        loop {
            self.number = following(self.number);
            let number = self.number;
            if let Entry::Vacant(place) = self.receivers.entry(Route { socket, number }) {
                let route = *place.key();
                place.insert(receiver);
                return route;
            }
        }
    }
}

/// The thread of the window: makes it, tells so, and handles its messages.
fn live(made: &SyncSender<io::Result<&'static Window>>) {
    let window: &'static Window = match create() {
        Ok(handle) => Box::leak(Box::new(Window {
            handle: handle as usize,
            thread: thread::current().id(),
            routes: Mutex::new(Routes {
                receivers: HashMap::new(),
                number: *NUMBERS.start(),
            }),
            progress: Mutex::default(),
            answered: Condvar::new(),
        })),
        Err(error) => {
            let _ = made.send(Err(error));
            return;
        }
    };
    let _ = made.send(Ok(window));
    let mut message = MSG::default();
    // SAFETY: the message is valid for writes, and the window is this thread's. It fails for
    // what is none only.
    while unsafe { GetMessageW(&mut message, window.hwnd(), 0, 0) } != -1 {
        // The last of a receiver may go here, and the program's values with it. A panic of
        // theirs has been reported by its hook.
        catch_unwind(AssertUnwindSafe(|| window.handle(&message))).unwrap_or_else(mem::forget);
    }
}

/// A window that is nowhere to be seen.
fn create() -> io::Result<HWND> {
    let name = w!("overport");
    // SAFETY: a null name stands for the program itself.
    let instance = unsafe { GetModuleHandleW(ptr::null()) };
    let class = WNDCLASSW {
        lpfnWndProc: Some(DefWindowProcW),
        hInstance: instance,
        lpszClassName: name,
        ..WNDCLASSW::default()
    };
    // SAFETY: the structure is whole. Where the class is there already the call fails, and the
    // window is made of that one.
    unsafe { RegisterClassW(&class) };
    // SAFETY: the name is that of a class, and the other pointers may be null.
    let window = unsafe {
        CreateWindowExW(
            0,
            name,
            ptr::null(),
            0,
            0,
            0,
            0,
            0,
            HWND_MESSAGE,
            ptr::null_mut(),
            instance,
            ptr::null(),
        )
    };
    if window.is_null() {
        return Err(io::Error::last_os_error());
    }
    Ok(window)
}

fn ended() -> io::Error {
    io::Error::other("the thread of the window has ended")
}

/// The number after this one, around.
fn following(number: u32) -> u32 {
    if number >= *NUMBERS.end() {
        return *NUMBERS.start();
    }
    number + 1
}

/// Asks the thread to say that it has come so far.
const CAUGHT_UP: u32 = WM_APP;

/// The numbers that an application may use for its own, but for one.
const NUMBERS: RangeInclusive<u32> = WM_APP + 1..=0xBFFF;

/// After how many selections the thread is waited for: a few times in a turn of the numbers,
/// and before the messages are as many as a thread's queue holds.
const CATCH_UP_EVERY: u32 = 1024;

#[cfg(test)]
mod tests;
