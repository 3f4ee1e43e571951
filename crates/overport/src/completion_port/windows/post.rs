//! What the port posts to itself, as the number that the system queues.

/// A packet of the port's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Post {
    /// A completion of the port's table, by its number.
    Completion(usize),
    /// The socket of this number has something to do.
    Socket(usize),
    /// There are buffers for sockets that wait for one.
    Fed,
    /// The port is closed.
    End,
}

const KIND_BITS: u32 = 2;

impl From<Post> for usize {
    fn from(post: Post) -> Self {
        let (number, kind) = match post {
            Post::Completion(number) => (number, 0),
            Post::Socket(number) => (number, 1),
            Post::Fed => (0, 2),
            Post::End => (0, 3),
        };
        number << KIND_BITS | kind
    }
}

impl From<usize> for Post {
    fn from(posted: usize) -> Self {
        let number = posted >> KIND_BITS;
        match posted % (1 << KIND_BITS) {
            0 => Self::Completion(number),
            1 => Self::Socket(number),
            2 => Self::Fed,
            _ => Self::End,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_post_is_what_its_number_says(number in 0..usize::MAX >> KIND_BITS) {
            for post in [Post::Completion(number), Post::Socket(number), Post::Fed, Post::End] {
                prop_assert_eq!(Post::from(usize::from(post)), post);
            }
        }
    }
}
