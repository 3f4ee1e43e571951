//! How the models that report events see the calls that re-arm them.

use std::any::Any;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use super::Socket;

/// The calls that matter to whoever reports events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Accept,
    Connect,
    Receive,
    ReceiveOutOfBand,
    Send,
}

/// Whoever reports the events of one socket.
pub(crate) trait Observer: Debug + Send + Sync {
    /// The socket's holder made a call, and this is how it ended.
    fn after(&self, call: Call, result: &Result<(), io::ErrorKind>);

    /// This socket, a listener, has accepted a connection, which inherits the registration.
    fn accepted(&self, accepted: &Socket) -> io::Result<()>;

    /// The socket is closed or has another observer now. Called under the lock of the
    /// observer, so that the next one finds this one's watch gone; what comes back may be the
    /// program's, and is dropped behind it.
    fn ended(&self) -> Option<Box<dyn Any>>;

    /// Itself, for the model that made it.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}
