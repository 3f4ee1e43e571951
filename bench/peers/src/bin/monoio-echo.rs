//! An echo server on monoio's io_uring driver at its best settings: a task for each connection
//! with a buffer of its own that goes to the kernel and comes back, TCP_NODELAY, no timer driver;
//! one thread, or several that share nothing.

use std::io;
use std::net;

use clap::Parser;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::{IoUringDriver, RuntimeBuilder};
use peers::{Options, Threads};

/// Echo on monoio until a signal ends it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    threads: Threads,
}

fn main() -> anyhow::Result<()> {
    let Args { options, threads } = Args::parse();
    peers::serve_on_threads(options, threads, run)
}

fn run(options: Options, listener: net::TcpListener) -> anyhow::Result<()> {
    let mut runtime = RuntimeBuilder::<IoUringDriver>::new()
        .with_entries(4096)
        .build()?;
    runtime.block_on(serve(options, listener))?;
    Ok(())
}

async fn serve(options: Options, listener: net::TcpListener) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        // A connection's error is the client's business, and ends its task.
        monoio::spawn(async move { drop(echo(stream, options).await) });
    }
}

async fn echo(mut stream: TcpStream, options: Options) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(options.buffer_size());
    loop {
        buffer.clear();
        let (result, received) = stream.read(buffer).await;
        if result? == 0 {
            return Ok(());
        }
        options.handle(&received);
        let (result, sent) = stream.write_all(received).await;
        result?;
        buffer = sent;
    }
}
