//! The names of operations, which two of the models give.

/// Names one operation of a socket, to cancel it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub(crate) u64);

impl OperationId {
    /// The name of an operation that its caller names by an address.
    pub(crate) fn from_address(address: usize) -> Self {
        Self(address as u64)
    }

    /// The address by which the caller named it.
    pub(crate) fn address(self) -> usize {
        self.0 as usize
    }
}
