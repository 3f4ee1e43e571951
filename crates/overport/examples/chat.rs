//! A chat server: what one client says goes to all of them, from one buffer that is never
//! copied. A client that does not read what the others say is let go.
//!
//! `cargo run --release -p overport --example chat -- 127.0.0.1:9000`

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{env, io, thread};

use overport::buffer::{Buffer, Either};
use overport::completion_port::{Completion, CompletionPort, Stream};

/// A client's own buffer to receive into, or bytes that many clients are sent.
type ChatBuffer = Either<Vec<u8>, Arc<[u8]>>;
type Client = Stream<Key, ChatBuffer>;

/// What belongs to each socket: its number, and how many sends to it are under way.
struct Key {
    number: usize,
    sends: AtomicUsize,
}

/// So far behind the others a client may be.
const SENDS_MAX: usize = 1000;

/// Who is there, by number. The handles here keep the sockets open.
#[derive(Default)]
struct Room {
    clients: Mutex<HashMap<usize, Client>>,
    arrivals: AtomicUsize,
}

impl Room {
    fn clients(&self) -> MutexGuard<'_, HashMap<usize, Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_key(&self) -> Key {
        Key {
            number: self.arrivals.fetch_add(1, Relaxed),
            sends: AtomicUsize::new(0),
        }
    }

    fn say(&self, line: &Arc<[u8]>) {
        // The clones leave the lock first: a client's last handle may go with the send.
        let everybody: Vec<_> = self.clients().values().cloned().collect();
        for client in everybody {
            if client.key().sends.fetch_add(1, Relaxed) < SENDS_MAX {
                client.send(Either::Right(Arc::clone(line)));
            } else {
                client.close();
            }
        }
    }
}

fn serve(port: &CompletionPort<Key, ChatBuffer>, room: &Room) -> io::Result<()> {
    let mut completions = port.completions();
    while let Some(completion) = completions.next(None)? {
        match completion {
            Completion::Accept { listener, result } => {
                listener.accept();
                let Ok((socket, _peer)) = result else {
                    continue;
                };
                let client = port.associate(socket, room.new_key())?;
                room.clients().insert(client.key().number, client.clone());
                client.receive(Either::Left(Vec::with_capacity(1024)));
            }
            Completion::Receive {
                stream,
                mut buffer,
                result: Ok(1..),
            } => {
                room.say(&Arc::from(buffer.filled()));
                if let Either::Left(own) = &mut buffer {
                    own.clear();
                }
                stream.receive(buffer);
            }
            Completion::Send {
                stream,
                result: Ok(_),
                ..
            } => {
                stream.key().sends.fetch_sub(1, Relaxed);
            }
            Completion::Receive { stream, .. } | Completion::Send { stream, .. } => {
                room.clients().remove(&stream.key().number);
            }
            _ => {}
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:9000".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    let port = CompletionPort::new(0)?;
    let room = Room::default();
    port.listen(listener, room.new_key())?.accept();
    thread::scope(|scope| {
        for _ in 0..port.concurrency() {
            scope.spawn(|| serve(&port, &room).inspect_err(|error| eprintln!("{error}")));
        }
    });
    Ok(())
}
