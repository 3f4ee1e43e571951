//! The machine, as the report describes it.

use super::cpus::Cpus;
use crate::report::data::{Host, Limits};
use crate::serve::RestsOn;
use crate::sys::{affinity, descriptors, host};

/// Looks at the machine; `rests_on` tells what carries the completion port on it.
///
/// To be called before any thread is bound to a processor, since it counts those that the calling
/// thread may use.
pub(crate) fn examine(cpus: &Cpus, rests_on: RestsOn) -> Host {
    Host {
        system: host::system(),
        wine: host::wine(),
        cpu: host::processor_name(),
        cores: affinity::usable().map_or(1, |cpus| cpus.len() as u64),
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
        let host = examine(&Cpus::choose(&[0], None, None), rests_on);
        assert_eq!(host.backend, means::BACKENDS[0].name());
        assert!(!host.system.is_empty());
        assert!(host.cores > 0);
        assert!(!host.pinning.separate);
    }
}
