//! An echo server on the completion port, one thread a processor.
use std::net::TcpListener;
use std::{env, io, thread};

use overport::completion_port::{Completion, CompletionPort};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:9000".into());
    let port: CompletionPort = CompletionPort::new(0)?;
    port.listen(TcpListener::bind(address)?, ())?.accept();
    thread::scope(|scope| {
        for _ in 0..port.concurrency() {
            scope.spawn(|| serve(&port));
        }
    });
    Ok(())
}

fn serve(port: &CompletionPort) -> io::Result<()> {
    let mut completions = port.completions();
    while let Some(completion) = completions.next(None)? {
        match completion {
            Completion::Accept { listener, result } => {
                listener.accept();
                if let Ok((socket, _peer)) = result {
                    socket.set_nodelay(true)?;
                    port.associate(socket, ())?
                        .receive(Vec::with_capacity(4096));
                }
            }
            Completion::Receive {
                stream,
                buffer,
                result: Ok(1..),
            } => {
                stream.send(buffer);
            }
            Completion::Send {
                stream,
                mut buffer,
                result: Ok(_),
            } => {
                buffer.clear();
                stream.receive(buffer);
            }
            _ => {} // The end, or a reset: the last handle goes, and the socket closes.
        }
    }
    Ok(())
}
