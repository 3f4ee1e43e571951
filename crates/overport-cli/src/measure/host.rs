//! The machine, as the report describes it.

use super::cpus::Cpus;
use crate::report::data::{Host, Limits};
use crate::serve::RestsOn;
use crate::sys::{descriptors, host};

/// Looks at the machine, of which this program may use so many processors; `rests_on` tells what
/// carries the completion port on it.
pub(crate) fn examine(usable: usize, cpus: &Cpus, rests_on: RestsOn) -> Host {
    Host {
        system: host::system(),
        wine: host::wine(),
        cpu: host::processor_name(),
        cores: usable as u64,
        memory_bytes: host::memory_bytes(),
        virtual_machine: host::virtual_machine(),
        backend: rests_on.backend.name().to_owned(),
        backend_reason: Some(rests_on.reason),
        limits: Limits {
            descriptors: descriptors::limit().hard,
            local_ports: host::local_port_count(),
            somaxconn: host::somaxconn(),
        },
        pinning: cpus.pinning(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::means;

    #[test]
    fn the_machine_of_the_tests_is_described() {
        let rests_on = RestsOn {
            backend: means::BACKENDS[0],
            reason: "a test".to_owned(),
        };
        let host = examine(1, &Cpus::choose(&[0], None, None), rests_on);
        assert_eq!(host.backend, means::BACKENDS[0].name());
        assert!(!host.system.is_empty());
        assert_eq!(host.cores, 1);
        assert!(!host.pinning.separate);
    }
}
