//! A limit of a process.

use serde::Serialize;

/// How much a process may have; none is no limit.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Limit {
    /// Now.
    pub(crate) soft: Option<u64>,
    /// As far as it may raise it.
    pub(crate) hard: Option<u64>,
}
