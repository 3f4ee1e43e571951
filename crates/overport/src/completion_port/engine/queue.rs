//! A queue that is small while it has one entry at most, as most have: those of a connection that
//! waits for its peer.

use std::collections::VecDeque;
use std::mem;

/// First in, first out. Room for more than one is made when there is more than one, and kept.
#[derive(Debug, Default)]
#[expect(clippy::box_collection, reason = "it is to be as small as one entry")]
pub(super) enum Queue<T> {
    #[default]
    Empty,
    One(T),
    Many(Box<VecDeque<T>>),
}

impl<T> Queue<T> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Many(entries) => entries.len(),
        }
    }

    pub(super) fn front(&self) -> Option<&T> {
        match self {
            Self::Empty => None,
            Self::One(entry) => Some(entry),
            Self::Many(entries) => entries.front(),
        }
    }

    pub(super) fn front_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Empty => None,
            Self::One(entry) => Some(entry),
            Self::Many(entries) => entries.front_mut(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let (one, many) = match self {
            Self::Empty => (None, None),
            Self::One(entry) => (Some(entry), None),
            Self::Many(entries) => (None, Some(entries.iter())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    pub(super) fn push_back(&mut self, entry: T) {
        match self {
            Self::Empty => *self = Self::One(entry),
            Self::One(_) => *self = self.pop_front().into_iter().chain([entry]).collect(),
            Self::Many(entries) => entries.push_back(entry),
        }
    }

    /// Puts an entry before all others.
    pub(super) fn push_front(&mut self, entry: T) {
        match self {
            Self::Empty => *self = Self::One(entry),
            Self::One(_) => *self = [entry].into_iter().chain(self.pop_front()).collect(),
            Self::Many(entries) => entries.push_front(entry),
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        match self {
            Self::Many(entries) => entries.pop_front(),
            _ => match mem::take(self) {
                Self::One(entry) => Some(entry),
                _ => None,
            },
        }
    }

    /// Takes out the entry that has so many before it.
    pub(super) fn remove(&mut self, place: usize) -> Option<T> {
        match self {
            Self::Many(entries) => entries.remove(place),
            _ if place == 0 => self.pop_front(),
            _ => None,
        }
    }

    /// Takes out all of them, and keeps no room.
    pub(super) fn take_all(&mut self) -> VecDeque<T> {
        match mem::take(self) {
            Self::Empty => VecDeque::new(),
            Self::One(entry) => VecDeque::from([entry]),
            Self::Many(entries) => *entries,
        }
    }
}

/// As many.
impl<T> FromIterator<T> for Queue<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        Self::Many(Box::new(entries.into_iter().collect()))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_does_what_any_queue_does(
            steps in prop::collection::vec((0..5_u8, 0..4_usize), 0..40),
        ) {
            let mut queue = Queue::default();
            let mut model = VecDeque::new();
            for (number, (step, place)) in steps.into_iter().enumerate() {
                match step {
                    0 | 1 => {
                        queue.push_back(number);
                        model.push_back(number);
                    }
                    2 => {
                        queue.push_front(number);
                        model.push_front(number);
                    }
                    3 => prop_assert_eq!(queue.pop_front(), model.pop_front()),
                    _ => prop_assert_eq!(queue.remove(place), model.remove(place)),
                }
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(queue.front(), model.front());
                prop_assert_eq!(queue.front_mut(), model.front_mut());
                prop_assert!(queue.iter().eq(&model));
            }
            prop_assert_eq!(queue.take_all(), model);
            prop_assert_eq!(queue.len(), 0);
        }
    }
}
