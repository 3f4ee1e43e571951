//! An echo server on compio's io_uring driver at its best settings: a task for each connection
//! with a buffer of its own that goes to the kernel and comes back, TCP_NODELAY, and a ring of
//! one thread whose work is done when that thread enters the kernel; or several such threads that
//! share nothing.

use std::io;
use std::net;

use clap::Parser;
use compio::BufResult;
use compio::driver::{DriverType, ProactorBuilder};
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::RuntimeBuilder;
use peers::{Options, Threads};

/// Echo on compio until a signal ends it
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
    let mut proactor = ProactorBuilder::new();
    proactor
        .driver_type(DriverType::IoUring)
        .single_issuer(true)
        .defer_taskrun(true);
    let runtime = RuntimeBuilder::new().with_proactor(proactor).build()?;
    runtime.block_on(serve(options, listener))?;
    Ok(())
}

async fn serve(options: Options, listener: net::TcpListener) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        // A connection's error is the client's business, and ends its task.
        compio::runtime::spawn(async move { drop(echo(stream, options).await) }).detach();
    }
}

async fn echo(mut stream: TcpStream, options: Options) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(options.buffer_size());
    loop {
        buffer.clear();
        let BufResult(result, received) = stream.read(buffer).await;
        if result? == 0 {
            return Ok(());
        }
        options.handle(&received);
        let BufResult(result, sent) = stream.write_all(received).await;
        result?;
        buffer = sent;
    }
}
