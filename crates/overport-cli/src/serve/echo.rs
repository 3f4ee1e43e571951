//! The bytes of one client that are still to be echoed.

use std::ops::Range;

/// A buffer that one receive fills and that is sent before the next receive. A client that
/// does not read is not read from either, so it costs this buffer and no more.
#[derive(Debug)]
pub(super) struct Echo {
    buffer: Box<[u8]>,
    unsent: Range<usize>,
}

impl Echo {
    pub(super) fn new(size: usize) -> Self {
        Self {
            buffer: vec![0; size].into_boxed_slice(),
            unsent: 0..0,
        }
    }

    /// Where to receive to. Only once all is sent, or it is overwritten.
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    /// So many bytes were received.
    pub(super) fn received(&mut self, length: usize) {
        self.unsent = 0..length;
    }

    /// What is still to be sent.
    pub(super) fn unsent(&self) -> &[u8] {
        &self.buffer[self.unsent.clone()]
    }

    /// So many bytes of it were sent.
    pub(super) fn sent(&mut self, length: usize) {
        self.unsent.start += length;
    }

    /// Whether nothing is left to send.
    pub(super) fn is_sent(&self) -> bool {
        self.unsent.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_received_is_sent_in_as_many_pieces_as_it_takes() {
        let mut echo = Echo::new(8);
        assert!(echo.is_sent());
        echo.room()[..3].copy_from_slice(b"abc");
        echo.received(3);
        assert_eq!(echo.unsent(), b"abc");
        echo.sent(2);
        assert_eq!(echo.unsent(), b"c");
        assert!(!echo.is_sent());
        echo.sent(1);
        assert!(echo.is_sent());
    }
}
