//! What the machine offers, for people.

use std::fmt::{Display, Write};

use super::Examination;
use super::models::Built;
use super::system::{Limit, System};
use super::uring::Uring;

/// The examination as a table of sections.
pub(super) fn render(examination: &Examination) -> String {
    let mut table = Table::default();
    system(&mut table, &examination.system);
    table.section("readiness");
    let readiness = &examination.readiness;
    table.row(
        "epoll",
        works(readiness.epoll.works, &readiness.epoll.reason),
    );
    table.row(
        "eventfd",
        works(readiness.eventfd.works, &readiness.eventfd.reason),
    );
    uring(&mut table, &examination.io_uring);
    table.section("models");
    for model in &examination.models {
        let built = match model.built {
            Built::SystemCall => "system calls",
            Built::ByUs => "built by us",
        };
        let note = match (&model.reason, model.usable) {
            (Some(reason), true) => format!(" ({reason})"),
            (Some(reason), false) => format!(" (not usable here: {reason})"),
            (None, true) => String::new(),
            (None, false) => " (not usable here)".to_owned(),
        };
        let text = format!("{built:<13} {}{note}", model.rests_on);
        table.row(model.name, text);
    }
    table.section("what to change for more");
    if examination.advice.is_empty() {
        table.row("nothing", "");
    }
    for advice in &examination.advice {
        table.line(&advice.why);
        table.line(&format!("    {}", advice.how));
    }
    table.0.trim_end().to_owned()
}

#[derive(Default)]
struct Table(String);

// Writing to a String does not fail.
impl Table {
    fn section(&mut self, name: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.0, "{gap}{name}");
    }

    fn row(&mut self, name: &str, value: impl Display) {
        self.line(format!("{name:<20} {value}").trim_end());
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "  {text}");
    }
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

fn known(value: Option<impl Display>) -> String {
    value.map_or("unknown".to_owned(), |value| value.to_string())
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
