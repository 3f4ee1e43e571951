//! What the machine is and allows: /proc/cpuinfo, /proc/meminfo, sysctl(8) and getrlimit(2).

use std::fs;

use rustix::process::{Resource, getrlimit};

use super::sysctl;
use crate::sys::limit::Limit;

/// The system and its release, such as "Linux 6.18.44".
pub(crate) fn system() -> String {
    match kernel_release() {
        Some(release) => format!("Linux {release}"),
        None => "Linux".to_owned(),
    }
}

/// The version of Wine, where the system is that and not Windows.
pub(crate) fn wine() -> Option<String> {
    None
}

/// The release of the kernel, such as "6.18.44".
pub(crate) fn kernel_release() -> Option<String> {
    sysctl::text("kernel.osrelease")
}

/// The processor's name, where the system tells.
pub(crate) fn processor_name() -> Option<String> {
    field(&fs::read_to_string("/proc/cpuinfo").ok()?, "model name")
}

/// Whether the processor says that a hypervisor is below; none where it has no such mark.
pub(crate) fn virtual_machine() -> Option<bool> {
    hypervisor(&fs::read_to_string("/proc/cpuinfo").ok()?)
}

/// The machine's memory.
pub(crate) fn memory_bytes() -> Option<u64> {
    let total = field(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal")?;
    total
        .strip_suffix(" kB")?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// RLIMIT_MEMLOCK.
pub(crate) fn locked_memory_bytes() -> Limit {
    limit(Resource::Memlock)
}

/// The first and the last port that a client is given.
pub(crate) fn local_ports() -> Option<(u64, u64)> {
    sysctl::pair("net.ipv4.ip_local_port_range")
}

/// How many ports a client can be given.
pub(crate) fn local_port_count() -> Option<u64> {
    let (first, last) = local_ports()?;
    last.checked_add(1)?.checked_sub(first)
}

/// The longest queue of connections that wait for an accept.
pub(crate) fn somaxconn() -> Option<u64> {
    sysctl::number("net.core.somaxconn")
}

fn limit(resource: Resource) -> Limit {
    let limit = getrlimit(resource);
    Limit {
        soft: limit.current,
        hard: limit.maximum,
    }
}

/// The value in a line such as "name : value".
fn field(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim_end() == name).then(|| value.trim().to_owned())
    });
    value.filter(|value| !value.is_empty())
}

/// The mark is x86's.
fn hypervisor(cpuinfo: &str) -> Option<bool> {
    let flags = field(cpuinfo, "flags")?;
    Some(
        flags
            .split_ascii_whitespace()
            .any(|flag| flag == "hypervisor"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_s_name_and_mark_are_read() {
        let text = "processor\t: 0\nmodel name\t: Some CPU: X\nflags\t\t: fpu hypervisor sse\n";
        assert_eq!(field(text, "model name").unwrap(), "Some CPU: X");
        assert_eq!(hypervisor(text), Some(true));
        assert_eq!(hypervisor("flags : fpu hypervisors"), Some(false));
        assert_eq!(hypervisor("Features : fp asimd"), None);
        assert_eq!(field("model name\t: \n", "model name"), None);
    }

    #[test]
    fn this_machine_has_memory_and_a_kernel() {
        assert!(memory_bytes().is_some_and(|bytes| bytes > 1 << 20));
        assert!(kernel_release().is_some());
    }
}
