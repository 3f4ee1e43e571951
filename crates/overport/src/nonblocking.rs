//! Non-blocking.
