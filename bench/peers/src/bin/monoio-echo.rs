//! An echo server on monoio's io_uring driver at its best settings: a task for each connection
//! with a buffer of its own that goes to the kernel and comes back, TCP_NODELAY, one thread, no
//! timer driver.

use std::io;

use clap::Parser;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::{IoUringDriver, RuntimeBuilder};
use peers::Options;

/// Echo on monoio until a signal ends it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    let options = Args::parse().options;
    let mut runtime = RuntimeBuilder::<IoUringDriver>::new()
        .with_entries(4096)
        .build()?;
    runtime.block_on(serve(options))?;
    Ok(())
}

async fn serve(options: Options) -> io::Result<()> {
    let listener = TcpListener::from_std(options.listener()?)?;
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
