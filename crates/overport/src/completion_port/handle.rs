//! What the handles of all kinds of sockets have in common.

use std::time::Instant;

/// What a handle is besides a way to its socket.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Plain,
    /// It has come back from this operation.
    Returned(super::OperationId),
    /// The operation that it goes into has this deadline.
    By(Instant),
}

impl Role {
    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Self::By(deadline) => Some(deadline),
            _ => None,
        }
    }
}

/// A handle type of its own for each kind of socket, with what all of them can do.
macro_rules! handle {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        ///
        /// A handle goes into an operation and comes back with its completion. Clones are
        /// handles of the same socket, for operations side by side. The socket is closed by
        /// [`close`](Self::close), or when its last handle is gone; an operation under way
        /// holds one.
        pub struct $name<K = (), B = Vec<u8>, P = ()> {
            source: std::sync::Arc<crate::completion_port::engine::Source<K, B, P>>,
            role: super::handle::Role,
        }

        impl<K, B, P> $name<K, B, P> {
            /// The key that the socket was associated with.
            #[must_use]
            pub fn key(&self) -> &K {
                self.source.key()
            }

            /// The same handle, for one operation with a deadline: if that is not done by
            /// then it completes with `TimedOut`. The handle that comes back has none.
            #[must_use]
            pub fn by(mut self, deadline: std::time::Instant) -> Self {
                self.role = super::handle::Role::By(deadline);
                self
            }

            /// The operation that this handle has come back from with its completion; none
            /// for any other handle, a clone of this one included, nor once it has a deadline.
            #[must_use]
            #[doc(alias = "OVERLAPPED")]
            pub fn operation(&self) -> Option<super::OperationId> {
                match self.role {
                    super::handle::Role::Returned(operation) => Some(operation),
                    _ => None,
                }
            }

            /// Asks for one operation to be cancelled; whether it was still under way.
            ///
            /// Its completion arrives in any case: as
            /// [cancelled](crate::error::is_cancelled) if this call was in time.
            #[doc(alias = "CancelIoEx")]
            pub fn cancel(&self, operation: super::OperationId) -> bool {
                self.source.cancel(Some(operation)) > 0
            }

            /// Asks for all operations of the socket to be cancelled; how many were under
            /// way.
            #[doc(alias = "CancelIoEx")]
            pub fn cancel_all(&self) -> usize {
                self.source.cancel(None)
            }

            /// Closes the socket though others have handles of it. What is under way
            /// completes with `ConnectionAborted`, an accept as
            /// [cancelled](crate::error::is_cancelled); what is submitted from now on
            /// completes with `WSAENOTSOCK` (EBADF).
            #[doc(alias = "closesocket")]
            pub fn close(&self) {
                self.source.close();
            }

            /// Whether the socket was closed, by [`close`](Self::close) or with its port.
            #[must_use]
            pub fn is_closed(&self) -> bool {
                self.source.socket().is_err()
            }

            /// The local address (getsockname(2)).
            ///
            /// # Errors
            /// EBADF after a close.
            #[doc(alias = "getsockname")]
            pub fn local_addr(&self) -> std::io::Result<std::net::SocketAddr> {
                self.source.local_addr()
            }

            /// Calls `f` with the socket's options (getsockopt(2), setsockopt(2)).
            ///
            /// # Errors
            /// What `f` returns; EBADF after a close.
            #[doc(alias = "setsockopt")]
            #[doc(alias = "getsockopt")]
            pub fn options<R>(
                &self,
                f: impl FnOnce(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                let socket = self.source.socket()?;
                f(socket2::SockRef::from(&*socket))
            }
        }

        impl<K, B: crate::buffer::Buffer, P> $name<K, B, P> {
            /// Begins an operation, whose completion is to come from the port.
            pub(crate) fn submit(
                self,
                request: crate::completion_port::operation::Request<B>,
            ) -> super::OperationId {
                self.source.submit(request, self.role.deadline())
            }

            /// Begins an operation, whose completion is to come from the port only if it
            /// can't be had at once.
            fn submit_now(
                self,
                request: crate::completion_port::operation::Request<B>,
            ) -> Option<super::Completion<K, B, P>> {
                self.source.submit_now(request, self.role.deadline())
            }
        }

        impl<K, B, P> Clone for $name<K, B, P> {
            fn clone(&self) -> Self {
                Self::new(std::sync::Arc::clone(&self.source))
            }
        }

        impl<K, B, P> $name<K, B, P> {
            pub(super) fn new(
                source: std::sync::Arc<crate::completion_port::engine::Source<K, B, P>>,
            ) -> Self {
                Self {
                    source,
                    role: super::handle::Role::Plain,
                }
            }

            /// The handle that comes back from an operation.
            pub(super) fn returned(
                source: std::sync::Arc<crate::completion_port::engine::Source<K, B, P>>,
                operation: super::OperationId,
            ) -> Self {
                Self {
                    source,
                    role: super::handle::Role::Returned(operation),
                }
            }
        }

        impl<K, B, P> std::fmt::Debug for $name<K, B, P> {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter
                    .debug_struct(stringify!($name))
                    .field("local_addr", &self.local_addr().ok())
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(super) use handle;
