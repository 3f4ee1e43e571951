//! An echo server on ringline's io_uring back-end at its best settings: one worker, a task for
//! each connection, TCP_NODELAY, receives into buffers that all connections share, and no timer
//! that wakes the worker when nothing happens.

use std::future::Future;
use std::io;
use std::sync::OnceLock;

use anyhow::anyhow;
use clap::Parser;
use peers::{Options, Threads};
use ringline::{AsyncEventHandler, ConfigBuilder, ConnCtx, ParseResult, RinglineBuilder};

/// Echo on ringline until a signal ends it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    threads: Threads,
}

/// Where a handler, which ringline makes, finds its options.
static OPTIONS: OnceLock<Options> = OnceLock::new();

struct Echo(Options);

impl AsyncEventHandler for Echo {
    fn create_for_worker(_worker: usize) -> Echo {
        Echo(*OPTIONS.get().expect("set before the workers start"))
    }

    fn on_accept(&self, connection: ConnCtx) -> impl Future<Output = ()> + 'static {
        let options = self.0;
        // A connection's error is the client's business, and ends its task.
        async move { drop(echo(connection, options).await) }
    }
}

fn main() -> anyhow::Result<()> {
    let Args { options, threads } = Args::parse();
    OPTIONS.get_or_init(|| options);
    let config = ConfigBuilder::new()
        .workers(threads.threads.into())
        // The worker runs where whoever starts the process says.
        .pin_to_core(false)
        .backlog(i32::MAX)
        .recv_buffer(1024, options.buffer_size() as u32)
        // Each connection may have a send under way.
        .max_connections(16_000)
        .send_pool(16_000, options.buffer_size() as u32)
        .tick_timeout_us(0)
        .build()?;
    let (server, workers) = RinglineBuilder::new(config)
        .bind(options.address())
        .launch::<Echo>()?;
    peers::announce(server.bound_addr().ok_or_else(|| anyhow!("no address"))?);
    for worker in workers {
        worker.join().map_err(|_| anyhow!("a worker panicked"))??;
    }
    Ok(())
}

async fn echo(connection: ConnCtx, options: Options) -> io::Result<()> {
    loop {
        let mut send = None;
        connection
            .with_data(|received| {
                let chunk = &received[..received.len().min(options.buffer_size())];
                options.handle(chunk);
                send = Some(connection.send(chunk));
                ParseResult::Consumed(chunk.len())
            })
            .await;
        match send {
            Some(send) => send?.await?,
            None => return Ok(()),
        };
    }
}
