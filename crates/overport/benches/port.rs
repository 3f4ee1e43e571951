//! What the port itself costs, without a socket: a packet through the queue, and a thread's place
//! that passes to another, told and found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use overport::completion_port::{Backend, Builder, Completion, CompletionPort};

/// When the packet was posted, but for the first.
type Port = CompletionPort<(), Vec<u8>, Option<Instant>>;

const BACKENDS: [Backend; 2] = [Backend::Epoll, Backend::IoUring];

/// A port with one running thread, if the back-end works here.
fn port(backend: Backend) -> Option<Port> {
    Builder::new().concurrency(1).backend(backend).build().ok()
}

/// One packet posted and claimed by the same thread.
fn packet(criterion: &mut Criterion) {
    for backend in BACKENDS {
        let Some(port) = port(backend) else { continue };
        let mut completions = port.completions();
        criterion.bench_function(&format!("packet, {backend}"), |bencher| {
            bencher.iter(|| {
                port.post(None);
                completions.next(None).expect("a packet")
            });
        });
    }
}

/// From the moment at which a handler blocks to the one at which another thread has the next
/// packet, which was queued before.
fn hand_over(criterion: &mut Criterion) {
    let ways: [(&str, Block); 2] = [
        ("told", |port, end| port.blocking(|| end.recv()).is_ok()),
        ("found", |_, end| end.recv().is_ok()),
    ];
    for backend in BACKENDS {
        for (way, block) in ways {
            if port(backend).is_none() {
                continue;
            }
            criterion.bench_function(&format!("hand-over {way}, {backend}"), |bencher| {
                bencher.iter_custom(|times| {
                    let port = port(backend).expect("it was there before");
                    handed_over(&port, times, block)
                });
            });
        }
    }
}

/// Blocks until the other thread has claimed a packet.
type Block = fn(&Port, &Receiver<()>) -> bool;

/// The time that so many hand-overs took, between two threads that block in turn.
fn handed_over(port: &Port, times: u64, block: Block) -> Duration {
    let left = AtomicU64::new(times);
    thread::scope(|scope| {
        let (to_first, first) = mpsc::channel();
        let (to_second, second) = mpsc::channel();
        let threads = [(first, to_second), (second, to_first)]
            .map(|(end, other)| scope.spawn(|| take_turns(port, &left, end, other, block)));
        port.post(None);
        threads
            .into_iter()
            .map(|thread| thread.join().expect("it does not panic"))
            .sum()
    })
}

/// Claims packets in turn with the other thread, which blocks meanwhile: each but the first has
/// been posted by the other just before it blocked.
fn take_turns(
    port: &Port,
    left: &AtomicU64,
    end: Receiver<()>,
    other: Sender<()>,
    block: Block,
) -> Duration {
    let mut completions = port.completions();
    let mut sum = Duration::ZERO;
    while let Ok(Some(Completion::Post(since))) = completions.next(None) {
        if let Some(since) = since {
            sum += since.elapsed();
            // The other one may go on, and asks for the next packet.
            other.send(()).ok();
            if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                port.close();
                break;
            }
        }
        port.post(Some(Instant::now()));
        if !block(port, &end) {
            break;
        }
    }
    sum
}

criterion_group!(benches, packet, hand_over);
criterion_main!(benches);
