//! What only Linux has, as text for people.

use super::super::text::{Table, known};
use super::Findings;
use super::system::System;
use super::uring::Uring;
use crate::sys::limit::Limit;

pub(super) fn show(findings: &Findings, table: &mut Table) {
    system(table, &findings.system);
    table.section("readiness");
    let readiness = &findings.readiness;
    table.row(
        "epoll",
        works(readiness.epoll.works, &readiness.epoll.reason),
    );
    table.row(
        "eventfd",
        works(readiness.eventfd.works, &readiness.eventfd.reason),
    );
    uring(table, &findings.io_uring);
}

fn system(table: &mut Table, system: &System) {
    table.section("system");
    table.row("kernel", &system.kernel);
    let processors = &system.processors;
    let text = format!(
        "{} usable at once, {} in the affinity, online {}",
        known(processors.usable),
        known(processors.affinity),
        known(processors.online.as_ref())
    );
    table.row("processors", text);
    let descriptors = &system.descriptors;
    let text = format!(
        "{}, fs.nr_open {}, fs.file-max {}",
        limit(descriptors.limit),
        known(descriptors.nr_open),
        known(descriptors.file_max)
    );
    table.row("descriptors", text);
    let text = format!("{} bytes", limit(system.locked_memory_bytes));
    table.row("locked memory", text);
    let ports = system.local_ports;
    table.row(
        "local ports",
        known(ports.map(|(first, last)| format!("{first} to {last}"))),
    );
    table.row("somaxconn", known(system.somaxconn));
    let perf = &system.perf;
    let text = format!(
        "perf_event_paranoid {}; so own events: {}, the kernel's: {} (read, not tried)",
        known(perf.paranoid),
        yes(perf.own_events),
        yes(perf.kernel_events)
    );
    table.row("perf", text);
}

fn uring(table: &mut Table, uring: &Uring) {
    table.section("io_uring");
    table.row("a ring and a no-op", works(uring.works, &uring.reason));
    table.row("io_uring_disabled", known(uring.disabled));
    for feature in &uring.features {
        let state = works(feature.works, &feature.reason);
        let text = format!("{state:<9} {}", feature.what);
        table.row(feature.name, text);
    }
}

fn works(works: bool, reason: &Option<String>) -> String {
    match reason {
        _ if works => "works".to_owned(),
        Some(reason) => format!("no: {reason}"),
        None => "no".to_owned(),
    }
}

fn limit(limit: Limit) -> String {
    let side = |value: Option<u64>| value.map_or("unlimited".to_owned(), |value| value.to_string());
    format!("soft {}, hard {}", side(limit.soft), side(limit.hard))
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
