//! An echo server on smol at its best settings: a task for each connection with a buffer of its
//! own, TCP_NODELAY, on the executor of one thread, which polls the sockets itself.

use std::io;
use std::net::TcpStream;

use clap::Parser;
use peers::Options;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, LocalExecutor};

/// Echo on smol until a signal ends it
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    let options = Args::parse().options;
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(serve(&executor, options)))?;
    Ok(())
}

async fn serve(executor: &LocalExecutor<'_>, options: Options) -> io::Result<()> {
    let listener = Async::new(options.listener()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        // A connection's error is the client's business, and ends its task.
        let connection = async move { drop(echo(stream, options).await) };
        executor.spawn(connection).detach();
    }
}

async fn echo(mut stream: Async<TcpStream>, options: Options) -> io::Result<()> {
    stream.get_ref().set_nodelay(true)?;
    let mut buffer = vec![0; options.buffer_size()];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        options.handle(&buffer[..length]);
        stream.write_all(&buffer[..length]).await?;
    }
}
