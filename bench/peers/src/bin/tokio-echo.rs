//! An echo server on tokio's current-thread runtime, at its best settings: a task for each
//! connection with a buffer of 4 KiB of its own, TCP_NODELAY, no timer driver.

use std::net::SocketAddr;

use clap::Parser;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const BUFFER_SIZE: usize = 4096;

/// Echo on tokio's current-thread runtime until a signal ends it
#[derive(Parser)]
struct Args {
    /// The address to listen at; port 0 takes any that is free
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?
        .block_on(serve(args.listen))
}

async fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        // A connection's error is the client's business, and ends its task.
        tokio::spawn(async { drop(echo(stream).await) });
    }
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..length]).await?;
    }
}
