//! What the completion port can rest on where the tests run.

use overport::completion_port::{Backend, Builder, CompletionPort};

/// The names of the back-ends that are available here, or of the one that OVERPORT_BACKEND asks
/// for.
pub(crate) fn backends() -> Vec<&'static str> {
    let forced = std::env::var("OVERPORT_BACKEND").ok();
    let forced = forced.filter(|name| !name.is_empty());
    let forced: Option<Backend> =
        forced.map(|name| name.parse().expect("OVERPORT_BACKEND names a back-end"));
    [Backend::IoUring, Backend::Epoll, Backend::Iocp]
        .into_iter()
        .filter(|&backend| forced.is_none_or(|forced| forced == backend))
        .filter(|&backend| {
            let port: std::io::Result<CompletionPort> = Builder::new().backend(backend).build();
            port.is_ok()
        })
        .map(Backend::name)
        .collect()
}
