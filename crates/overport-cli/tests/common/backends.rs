//! What the completion port can rest on where the tests run.

use overport::completion_port::{Backend, CompletionPort};

/// The names of the back-ends that are available here, or of the one that OVERPORT_BACKEND asks
/// for; the first is what a port rests on that nobody asked otherwise of.
pub(crate) fn backends() -> Vec<&'static str> {
    let port: CompletionPort = CompletionPort::new(1).expect("a port can be made");
    let forced = std::env::var_os("OVERPORT_BACKEND").is_some_and(|name| !name.is_empty());
    let mut backends = vec![port.backend()];
    if !forced && port.backend() != Backend::Epoll {
        backends.push(Backend::Epoll);
    }
    backends.into_iter().map(Backend::name).collect()
}
