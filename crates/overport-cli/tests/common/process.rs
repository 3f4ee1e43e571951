//! What a process has, seen from outside.

use std::fs;

/// How many sockets a process has, whatever they are for.
pub(crate) fn sockets(process: i32) -> usize {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return 0;
    };
    let targets = descriptors
        .flatten()
        .flat_map(|entry| fs::read_link(entry.path()));
    targets
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}
