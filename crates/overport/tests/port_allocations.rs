//! The completion port allocates nothing per message; a test of its own, for its allocator.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common {
    pub(crate) mod port;
}

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use common::port::{
    CloseAtEnd, DEADLINE, IDLE_BYTES, associated, backends, echo, next, pair, pinned_ports, ports,
    received, sent,
};
use overport::buffer::{Buffer, Either};
use overport::completion_port::{
    Builder, Completion, CompletionPort, OperationId, PoolBuffer, Stream,
};
use overport::raw::{self, Segment};
use socket2::Socket;

/// The system's allocator, which counts what threads that ask for it allocate.
struct Counting;

/// So large is what the test of a pool's memory looks for.
const LARGE: usize = 1 << 20;

thread_local! {
    static ALLOCATIONS: Cell<Option<usize>> = const { Cell::new(None) };
    /// How many large pieces of memory the thread has got and not freed.
    static LARGE_ALLOCATIONS: Cell<isize> = const { Cell::new(0) };
    /// How many bytes it has got and not freed.
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

fn count_large(layout: Layout, change: isize) {
    if layout.size() >= LARGE {
        let _ = LARGE_ALLOCATIONS.try_with(|count| count.set(count.get() + change));
    }
}

fn count_bytes(got: usize, freed: usize) {
    let change = got as isize - freed as isize;
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + change));
}

fn count() {
    // A thread that ends may allocate after its variables are gone.
    let _ = ALLOCATIONS.try_with(|allocations| {
        allocations.set(allocations.get().map(|count| count + 1));
    });
}

#[expect(unsafe_code, reason = "a global allocator")]
// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        count_large(layout, 1);
        count_bytes(layout.size(), 0);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count_large(layout, -1);
        count_bytes(0, layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        count_bytes(size, layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Rules: CP53
#[test]
fn an_echo_in_the_steady_state_allocates_nothing() {
    for port in ports(1) as Vec<CompletionPort> {
        let receive = |stream: Stream<(), Vec<u8>>| stream.receive(Vec::with_capacity(256));
        assert_echoes_allocate_nothing(&port, receive, 200, echo);
    }
}

/// Rules: CP53, CP61
#[test]
fn an_echo_through_a_pool_in_the_steady_state_allocates_nothing() {
    for port in ports(1) as Vec<CompletionPort<(), PoolBuffer>> {
        let pool = port.buffer_pool(16, 256).unwrap();
        let receive = |stream: Stream<(), PoolBuffer>| stream.receive_pooled(&pool);
        assert_echoes_allocate_nothing(&port, receive, 400, |completion| match completion {
            Completion::Receive { stream, buffer, .. } => drop(stream.send(buffer)),
            Completion::Send { stream, buffer, .. } => {
                drop(buffer);
                receive(stream);
            }
            other => panic!("{other:?}"),
        });
    }
}

/// Serves eight peers, whose first receive is `receive`, by `handle`, and counts what is allocated
/// after the first `warm_up` packets.
#[track_caller]
fn assert_echoes_allocate_nothing<B: Buffer>(
    port: &CompletionPort<(), B>,
    receive: impl Fn(Stream<(), B>) -> OperationId,
    warm_up: usize,
    handle: impl Fn(Completion<(), B>) + Send,
) {
    let mut peers: Vec<_> = (0..8)
        .map(|_| {
            let (peer, stream) = associated(port, ());
            receive(stream);
            peer
        })
        .collect();
    thread::scope(|scope| {
        let close = CloseAtEnd(port);
        let server = scope.spawn(move || {
            let mut completions = port.completions();
            let mut handled = 0;
            while let Some(completion) = completions.next(None).unwrap() {
                handle(completion);
                handled += 1;
                if handled == warm_up {
                    ALLOCATIONS.set(Some(0));
                }
            }
            (handled, ALLOCATIONS.get())
        });
        for _ in 0..100 {
            for peer in &mut peers {
                peer.write_all(b"hello").unwrap();
            }
            for peer in &mut peers {
                peer.read_exact(&mut [0; 5]).unwrap();
            }
        }
        drop(close);
        let (handled, allocations) = server.join().unwrap();
        assert!(handled > 1500, "{handled}");
        assert_eq!(allocations, Some(0));
    });
}

#[test]
fn an_idle_connection_takes_few_bytes() {
    for port in ports(1) as Vec<CompletionPort<(), Either<PoolBuffer, Vec<u8>>>> {
        let pool = port.buffer_pool(4, 64).unwrap();
        let mut completions = port.completions();
        let mut connect = |count| -> Vec<_> {
            let exchange_a_message = |_| {
                let (mut peer, stream) = associated(&port, ());
                stream.receive_pooled(&pool);
                peer.write_all(b"hello").unwrap();
                let (stream, buffer, _) = received(next(&mut completions));
                stream.send(buffer);
                let (stream, ..) = sent(next(&mut completions));
                stream.receive_pooled(&pool);
                peer
            };
            (0..count).map(exchange_a_message).collect()
        };
        // What all share is there once there are some, and no table has room for more.
        let some = connect(64);
        let before = BYTES.get();
        let more = connect(64);
        let own = size_of_val(&more[..]) as isize;
        let each = (BYTES.get() - before - own) / 64;
        assert!((1..=IDLE_BYTES).contains(&each), "{each} bytes");
        drop((some, more));
    }
}

/// Rules: CP69
#[test]
fn the_memory_of_a_pool_is_freed_when_port_pool_and_buffers_are_gone() {
    for port in ports(1) as Vec<CompletionPort<(), PoolBuffer>> {
        // More than anything else here allocates at once.
        let pool = port.buffer_pool(2, LARGE).unwrap();
        assert_eq!(LARGE_ALLOCATIONS.get(), 1);
        let mut connections: Vec<_> = (0..4).map(|_| associated(&port, ())).collect();
        let mut completions = port.completions();
        for (peer, stream) in &mut connections {
            stream.clone().receive_pooled(&pool);
            peer.write_all(b"x").unwrap();
        }
        // Two have a buffer, and two wait for one.
        let held = [0, 0].map(|_| completions.next(Some(DEADLINE)).unwrap());
        assert!(completions.next(Some(Duration::ZERO)).unwrap().is_none());
        drop(completions);
        drop(port);
        drop(pool);
        assert_eq!(LARGE_ALLOCATIONS.get(), 1);
        drop(held);
        drop(connections);
        assert_eq!(LARGE_ALLOCATIONS.get(), 0);
    }
}

/// Rules: CP69
#[test]
fn the_memory_of_a_pool_is_freed_with_a_pinned_port_that_nobody_has_asked() {
    for port in pinned_ports() as Vec<CompletionPort<(), PoolBuffer>> {
        let pool = port.buffer_pool(2, LARGE).unwrap();
        let (_peer, stream) = associated(&port, ());
        stream.receive_pooled(&pool);
        assert_eq!(LARGE_ALLOCATIONS.get(), 1);
        drop((port, pool));
        assert_eq!(LARGE_ALLOCATIONS.get(), 0);
    }
}

/// Rules: CP53
#[test]
fn a_raw_echo_of_one_segment_in_the_steady_state_allocates_nothing() {
    const MESSAGES: usize = 1_000;
    for backend in backends() {
        let port = raw::Port::build(&Builder::new().backend(backend)).unwrap();
        let (mut peer, socket) = pair();
        let handle = port.associate(Socket::from(socket), 0).unwrap();
        let mut buffer = [0; 8];
        let room = Segment::new(buffer.as_mut_ptr(), buffer.len());
        for message in 0..MESSAGES {
            if message == MESSAGES / 2 {
                ALLOCATIONS.set(Some(0));
            }
            peer.write_all(b"hello").unwrap();
            #[expect(unsafe_code, reason = "the raw layer")]
            // SAFETY: the buffer is there until the packet is.
            unsafe {
                handle.receive(&[room], 1);
            }
            let length = raw_result(&port);
            #[expect(unsafe_code, reason = "the raw layer")]
            // SAFETY: as before.
            unsafe {
                handle.send(&[Segment { length, ..room }], 2);
            }
            assert_eq!(raw_result(&port), 5);
            peer.read_exact(&mut [0; 5]).unwrap();
        }
        assert_eq!(ALLOCATIONS.replace(None), Some(0));
    }
}

fn raw_result(port: &raw::Port) -> usize {
    let packet = port.next(Some(DEADLINE)).unwrap();
    packet.expect("a packet comes").result.unwrap()
}
