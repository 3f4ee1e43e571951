//! An echo server on tokio at its best settings: a task for each connection with a buffer of
//! its own, TCP_NODELAY, no timer driver. On the current-thread runtime, or with `--threads` on
//! the multi-thread one.

use std::io;
use std::thread;

use clap::Parser;
use peers::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, RuntimeFlavor};

/// Echo on tokio until a signal ends it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,

    /// Worker threads of a multi-thread runtime [default: the current-thread runtime]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Do not tell the multi-thread runtime when a handler blocks
    #[arg(long, requires = "threads")]
    untold: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut builder = match args.threads {
        None => Builder::new_current_thread(),
        Some(threads) => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads.into());
            builder
        }
    };
    let runtime = builder.enable_io().build()?;
    // The accepting task too belongs on a worker: what is spawned there stays there.
    runtime.block_on(async { tokio::spawn(serve(args.options, !args.untold)).await })??;
    Ok(())
}

async fn serve(options: Options, told: bool) -> io::Result<()> {
    let listener = options.listener()?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        // A connection's error is the client's business, and ends its task.
        tokio::spawn(async move { drop(echo(stream, options, told).await) });
    }
}

async fn echo(mut stream: TcpStream, options: Options, told: bool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; options.buffer_size()];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        handle(&buffer[..length], options, told);
        stream.write_all(&buffer[..length]).await?;
    }
}

/// The handler. The multi-thread runtime is `told` that it blocks; the current-thread runtime has
/// no thread that could take over.
fn handle(chunk: &[u8], options: Options, told: bool) {
    let Some(time) = options.stall(chunk) else {
        return;
    };
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread if told => tokio::task::block_in_place(|| thread::sleep(time)),
        _ => thread::sleep(time),
    }
}
