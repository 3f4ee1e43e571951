//! Names of sockets.

/// Names a registered socket, also beside those that had its place before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::completion_port) struct Token {
    pub(super) key: usize,
    pub(super) generation: u32,
}
