//! What a thread gets at a port.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use super::segment::Lent;
use crate::completion_port::{Completion, OperationId};

/// The end of one operation, or a post.
#[derive(Debug)]
#[doc(alias = "OVERLAPPED_ENTRY")]
pub struct Packet {
    /// The key of the socket, or of the post.
    #[doc(alias = "lpCompletionKey")]
    pub key: usize,
    /// The address that names the operation, or that was posted.
    #[doc(alias = "OVERLAPPED")]
    pub overlapped: usize,
    /// How many bytes were transferred, or were posted; 0 where an operation transfers none.
    /// The errors are those of a [`Completion`](crate::completion_port::Completion).
    #[doc(alias = "lpNumberOfBytesTransferred")]
    pub result: io::Result<usize>,
    /// The connection that an accept took, in blocking mode and with no port yet.
    pub accepted: Option<OwnedFd>,
    /// Who sent the datagram, or is at the other end of the accepted connection.
    pub peer: Option<SocketAddr>,
}

/// What a program posts: the bytes, the key and the address of a packet.
pub(super) struct Post {
    pub(super) bytes: usize,
    pub(super) key: usize,
    pub(super) overlapped: usize,
}

impl Packet {
    fn new(key: usize, operation: Option<OperationId>, result: io::Result<usize>) -> Self {
        Self {
            key,
            overlapped: operation.map_or(0, OperationId::address),
            result,
            accepted: None,
            peer: None,
        }
    }

    fn of_datagram(
        key: usize,
        operation: Option<OperationId>,
        result: io::Result<(usize, SocketAddr)>,
    ) -> Self {
        let peer = result.as_ref().ok().map(|&(_, peer)| peer);
        Self {
            peer,
            ..Self::new(key, operation, result.map(|(length, _)| length))
        }
    }
}

impl From<Completion<usize, Lent, Post>> for Packet {
    fn from(completion: Completion<usize, Lent, Post>) -> Self {
        match completion {
            Completion::Accept { listener, result } => {
                let (accepted, peer, result) = match result {
                    Ok((connection, peer)) => (Some(connection.into()), Some(peer), Ok(0)),
                    Err(error) => (None, None, Err(error)),
                };
                Self {
                    accepted,
                    peer,
                    ..Self::new(*listener.key(), listener.operation(), result)
                }
            }
            Completion::Connect { stream, result } | Completion::Disconnect { stream, result } => {
                Self::new(*stream.key(), stream.operation(), result.map(|()| 0))
            }
            Completion::Receive { stream, result, .. }
            | Completion::ReceiveVectored { stream, result, .. }
            | Completion::Send { stream, result, .. }
            | Completion::SendVectored { stream, result, .. } => {
                Self::new(*stream.key(), stream.operation(), result)
            }
            Completion::ReceiveFrom {
                datagram, result, ..
            }
            | Completion::ReceiveFromVectored {
                datagram, result, ..
            } => Self::of_datagram(*datagram.key(), datagram.operation(), result),
            Completion::SendTo {
                datagram, result, ..
            }
            | Completion::SendToVectored {
                datagram, result, ..
            } => Self::new(*datagram.key(), datagram.operation(), result),
            Completion::Post(Post {
                bytes,
                key,
                overlapped,
            }) => Self {
                overlapped,
                ..Self::new(key, None, Ok(bytes))
            },
        }
    }
}
