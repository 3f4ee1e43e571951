//! The sets as a value.

/// What is asked of a socket, or what it is ready for: the sets it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) except: bool,
}

impl Asked {
    pub(super) const NOTHING: Self = Self {
        read: false,
        write: false,
        except: false,
    };
    pub(super) const READ: Self = Self {
        read: true,
        ..Self::NOTHING
    };
    pub(super) const WRITE: Self = Self {
        write: true,
        ..Self::NOTHING
    };
    pub(super) const EXCEPT: Self = Self {
        except: true,
        ..Self::NOTHING
    };

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            read: self.read || other.read,
            write: self.write || other.write,
            except: self.except || other.except,
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            read: self.read && other.read,
            write: self.write && other.write,
            except: self.except && other.except,
        }
    }

    pub(super) fn any(self) -> bool {
        self != Self::NOTHING
    }
}
