//! From where on a figure counts. They are far from what noise does, since most of these figures
//! are measured once or a few times; what has an interval is decided by that.

/// The part of a blocked handler's time that another client's p99 reaches if it is held up by it.
/// Who waits for the handler waits for half of its time on average, and at the 99th percentile for
/// nearly all of it. Where the p99 is as long without a handler that blocks, it can't show that.
pub(super) const HELD_UP: f64 = 0.5;

/// The multiple of the p99 without a handler that blocks which it is at least then.
pub(super) const HELD_UP_GROWTH: f64 = 1.5;

/// Answers while handlers block, which are measured once, that differ by less than this are as
/// quick.
pub(super) const AS_QUICK: f64 = 1.5;

/// Clients that a thread of the models with a limit can wait for: the 64 of the textbook.
pub(super) const WAITED_FOR: u64 = 64;

/// A number of threads is steady if it stays below this multiple: a few may be added while others
/// block, but not one for each client.
pub(super) const STEADY_THREADS: u64 = 2;

/// Memory of an idle connection that is little: a page for its buffer, and one for all the rest.
pub(super) const LITTLE_MEMORY_BYTES: f64 = 8192.0;

/// A model takes much memory if it is this multiple of the least that another one takes.
pub(super) const MUCH_MEMORY: f64 = 2.0;

/// One client's wait is the others' if its first answer takes this multiple of the least of the
/// models.
pub(super) const OTHERS_WAIT: f64 = 4.0;

/// Scanning makes a message dearer, the more connections there are, than it becomes for a model
/// that does not scan: by this factor.
pub(super) const SCAN_GROWTH: f64 = 1.1;

/// Connections from where on that growth counts. With fewer, each call brings one message, and
/// that is what costs.
pub(super) const GROWTH_FROM: u64 = 10;

/// A flood of other messages is in the way if it makes the p99 this multiple. Where it makes it this
/// part, something else was in the way without it.
pub(super) const FLOODED: f64 = 1.5;

/// System calls of two models that differ by less than this part are as many.
pub(super) const AS_MANY_CALLS: f64 = 1.05;

/// Costs of one point with a number of connections that differ by less than this part are the same.
pub(super) const AS_CHEAP: f64 = 1.1;
