//! Names of sockets, and of what the kernel does for them.

/// Names a registered socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::completion_port) struct Token {
    key: u32,
    generation: u32,
}

/// What the kernel reports on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Whether there is something to read, or whatever concerns both directions.
    Reading,
    /// Whether there is room to write.
    Writing,
    /// What was received into buffers of a pool.
    Received,
}

impl Subject {
    /// The readiness of a direction.
    pub(super) fn of(reads: bool) -> Self {
        if reads { Self::Reading } else { Self::Writing }
    }
}

impl Token {
    const KIND_BITS: u32 = 2;
    const GENERATION_MAX: u32 = u32::MAX >> Self::KIND_BITS;

    /// The largest key: the first of the bits is not the tokens'.
    pub(super) const KEY_MAX: u32 = u32::MAX >> 1;

    /// The largest of generations is left out, so that no token is all ones behind that.
    pub(super) fn new(key: u32, generation: u32) -> Self {
        Self {
            key,
            generation: generation % Self::GENERATION_MAX,
        }
    }

    pub(super) fn key(self) -> usize {
        self.key as usize
    }

    pub(super) fn generation(self) -> u32 {
        self.generation
    }

    /// What the kernel is given, to report with.
    pub(super) fn to_bits(self, subject: Subject) -> u64 {
        let low = self.generation << Self::KIND_BITS | subject as u32;
        u64::from(self.key) << 32 | u64::from(low)
    }

    pub(super) fn from_bits(bits: u64) -> (Self, Subject) {
        let [k3, k2, k1, k0, g3, g2, g1, g0] = bits.to_be_bytes();
        let low = u32::from_be_bytes([g3, g2, g1, g0]);
        let subject = match low & 3 {
            0 => Subject::Reading,
            1 => Subject::Writing,
            _ => Subject::Received,
        };
        let token = Self {
            key: u32::from_be_bytes([k3, k2, k1, k0]),
            generation: low >> Self::KIND_BITS,
        };
        (token, subject)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_and_its_subject_are_what_the_bits_say(
            key in 0..=Token::KEY_MAX,
            generation: u32,
        ) {
            for subject in [Subject::Reading, Subject::Writing, Subject::Received] {
                let token = Token::new(key, generation);
                let bits = token.to_bits(subject);
                prop_assert!(bits < u64::MAX >> 1);
                prop_assert_eq!(Token::from_bits(bits), (token, subject));
            }
        }
    }
}
