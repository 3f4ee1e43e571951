//! Linux: /proc, ptrace(2), perf_event_open(2), pidfd_open(2) and the scheduler's calls, through
//! `rustix` and `nix` as far as these go.

pub(crate) mod affinity;
pub(crate) mod calls;
pub(crate) mod clock;
pub(crate) mod descriptors;
pub(crate) mod edge;
pub(crate) mod group;
pub(crate) mod host;
pub(crate) mod interrupts;
pub(crate) mod means;
pub(crate) mod members;
pub(crate) mod perf;
pub(crate) mod process;
pub(crate) mod processors;
mod ptrace;
pub(crate) mod receiving;
pub(crate) mod sysctl;
pub(crate) mod timer;
pub(crate) mod trace;
pub(crate) mod window;
pub(crate) mod words;
