//! What only Windows has, as text for people.

use super::super::text::{Table, known};
use super::Findings;
use super::system::System;
use super::winsock::Winsock;
use crate::lang::Lang;
use crate::lang::number::bytes;

pub(super) fn show(findings: &Findings, table: &mut Table) {
    system(table, &findings.system);
    winsock(table, &findings.winsock);
}

fn system(table: &mut Table, system: &System) {
    table.section("system");
    let name = match &system.wine {
        Some(version) => Lang::En.texts().wine(version, &system.system),
        None => system.system.clone(),
    };
    table.row("system", name);
    table.row("processor", known(system.processor.as_ref()));
    let processors = system.usable_processors;
    table.row(
        "processors",
        known(processors.map(|count| format!("{count} usable"))),
    );
    table.row(
        "memory",
        known(system.memory_bytes.map(|size| bytes(size as f64))),
    );
    table.row("sockets", "no limit but memory");
    table.row(
        "local ports",
        "not told (netsh int ipv4 show dynamicport tcp tells)",
    );
    let timers = match system.precise_timers {
        true => "of high resolution",
        false => "at the ticks of the system's clock",
    };
    table.row("timers", timers);
}

fn winsock(table: &mut Table, winsock: &Winsock) {
    table.section("winsock");
    table.row("version", known(winsock.version.as_ref()));
    for feature in &winsock.features {
        let state = match &feature.reason {
            None => "works".to_owned(),
            Some(reason) => format!("no: {reason}"),
        };
        table.row(feature.name, state);
    }
}
