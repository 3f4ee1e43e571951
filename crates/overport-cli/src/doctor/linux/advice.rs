//! What to change so that the machine offers more.

use super::super::Advice;
use super::system::System;
use super::uring::Uring;
use crate::serve::{NoPort, RestsOn};

/// Fewer descriptors than this are soon too few for a server.
const DESCRIPTORS: u64 = 65_536;
/// A shorter queue loses connects in a burst.
const SOMAXCONN: u64 = 4096;
/// Fewer ports than this bound the connections to one server.
const PORTS: u64 = 60_000;
/// Registered buffers are locked memory.
const LOCKED_BYTES: u64 = 1 << 23;

/// Where an io_uring can be had.
const ELSEWHERE: &str = "run on a kernel with CONFIG_IO_URING (5.19 or later), outside a sandbox \
    or with a seccomp profile that allows io_uring_setup, io_uring_enter and io_uring_register";

/// What there is to change, the most useful first; nothing where all is well.
pub(super) fn advise(
    system: &System,
    uring: &Uring,
    port: &Result<RestsOn, NoPort>,
) -> Vec<Advice> {
    let all = [
        completion_port(port),
        io_uring(uring),
        descriptors(system),
        somaxconn(system),
        ports(system),
        perf(system),
        locked_memory(system),
    ];
    all.into_iter().flatten().collect()
}

fn completion_port(port: &Result<RestsOn, NoPort>) -> Option<Advice> {
    let why = port.as_ref().err()?;
    Some(Advice {
        why: format!("there can be no completion port: {}", why.error),
        how: why.instead.unwrap_or(ELSEWHERE).to_owned(),
    })
}

fn io_uring(uring: &Uring) -> Option<Advice> {
    let reason = uring.reason.as_ref()?;
    let how = match uring.disabled {
        Some(1..) => "sysctl -w kernel.io_uring_disabled=0",
        _ => ELSEWHERE,
    };
    Some(Advice {
        why: format!("io_uring can't be used: {reason}"),
        how: how.to_owned(),
    })
}

fn descriptors(system: &System) -> Option<Advice> {
    let hard = system
        .descriptors
        .limit
        .hard
        .filter(|&hard| hard < DESCRIPTORS)?;
    Some(Advice {
        why: format!(
            "a process can't have more than {hard} descriptors, nor more connections than that"
        ),
        how: format!(
            "/etc/security/limits.conf: * hard nofile {DESCRIPTORS} (LimitNOFILE= for a systemd \
             service)"
        ),
    })
}

fn somaxconn(system: &System) -> Option<Advice> {
    let longest = system.somaxconn.filter(|&longest| longest < SOMAXCONN)?;
    Some(Advice {
        why: format!("at most {longest} connections can wait for an accept"),
        how: format!("sysctl -w net.core.somaxconn={SOMAXCONN}"),
    })
}

fn ports(system: &System) -> Option<Advice> {
    let (first, last) = system.local_ports?;
    let ports = (last + 1).saturating_sub(first);
    (ports < PORTS).then(|| Advice {
        why: format!("`load` can have at most {ports} connections to one server"),
        how: "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"".to_owned(),
    })
}

fn perf(system: &System) -> Option<Advice> {
    let perf = &system.perf;
    match perf.paranoid {
        None => Some(Advice {
            why: "the kernel has no perf events".to_owned(),
            how: "run on a kernel with CONFIG_PERF_EVENTS".to_owned(),
        }),
        Some(level) if !perf.kernel_events => Some(Advice {
            why: format!("perf can't see into the kernel: kernel.perf_event_paranoid is {level}"),
            how: "sysctl -w kernel.perf_event_paranoid=1".to_owned(),
        }),
        Some(_) => None,
    }
}

fn locked_memory(system: &System) -> Option<Advice> {
    let limit = system.locked_memory_bytes;
    let soft = limit.soft.filter(|&soft| soft < LOCKED_BYTES)?;
    Some(Advice {
        why: format!(
            "at most {} KiB can be locked, which bounds an io_uring's registered buffers (and, \
             before Linux 5.12, its rings)",
            soft / 1024
        ),
        how: "/etc/security/limits.conf: * - memlock 65536 (LimitMEMLOCK= for a systemd service)"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use overport::completion_port::Backend;

    use super::super::system;
    use super::*;
    use crate::sys::limit::Limit;

    fn port() -> Result<RestsOn, NoPort> {
        Ok(RestsOn {
            backend: Backend::Epoll,
            reason: String::new(),
        })
    }

    fn uring(reason: Option<&str>, disabled: Option<u64>) -> Uring {
        Uring {
            works: reason.is_none(),
            reason: reason.map(str::to_owned),
            disabled,
            features: Vec::new(),
        }
    }

    fn generous() -> System {
        let plenty = Limit {
            soft: None,
            hard: None,
        };
        let mut system = system::examine();
        system.descriptors.limit = plenty;
        system.locked_memory_bytes = plenty;
        system.local_ports = Some((1024, 65_535));
        system.somaxconn = Some(SOMAXCONN);
        system.perf.paranoid = Some(1);
        system.perf.kernel_events = true;
        system
    }

    #[test]
    fn where_all_is_well_there_is_nothing_to_change() {
        let advice = advise(&generous(), &uring(None, Some(0)), &port());
        assert!(advice.is_empty(), "{advice:?}");
    }

    #[test]
    fn a_switched_off_io_uring_is_switched_on_by_its_switch() {
        let off = uring(Some("forbidden"), Some(2));
        let advice = advise(&generous(), &off, &port());
        assert_eq!(advice.len(), 1);
        assert_eq!(advice[0].how, "sysctl -w kernel.io_uring_disabled=0");
        let hidden = uring(Some("hidden"), Some(0));
        assert!(
            advise(&generous(), &hidden, &port())[0]
                .how
                .contains("seccomp")
        );
    }

    #[test]
    fn what_forces_an_unusable_back_end_is_to_be_lifted() {
        let no_port = Err(NoPort {
            error: io::Error::other("io_uring: forbidden"),
            instead: Some("unset it"),
        });
        let advice = advise(&generous(), &uring(None, Some(0)), &no_port);
        assert_eq!(advice.len(), 1);
        assert!(advice[0].why.ends_with("io_uring: forbidden"));
        assert_eq!(advice[0].how, "unset it");
    }

    #[test]
    fn every_low_limit_is_named() {
        let mut system = generous();
        let low = Limit {
            soft: Some(1024),
            hard: Some(4096),
        };
        system.descriptors.limit = low;
        system.locked_memory_bytes = low;
        system.local_ports = Some((32_768, 60_999));
        system.somaxconn = Some(128);
        system.perf.paranoid = Some(4);
        system.perf.kernel_events = false;
        assert_eq!(advise(&system, &uring(None, Some(0)), &port()).len(), 5);
    }
}
