//! How a message asks its handler to block, so that one can see whom that holds up.

/// A received chunk that begins with this blocks its handler, in a server that was started with
/// `--stall-ms`.
pub(crate) const STALL_MARK: &[u8; 8] = b"OVPSTALL";
