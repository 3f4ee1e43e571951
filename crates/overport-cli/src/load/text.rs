//! The report of a run, for people.

use std::fmt::Write;

use super::durations::Quantiles;
use super::report::{OpenLoop, Report, ServedModel};

/// The system counts the processor's time of another process in steps of a hundredth of a
/// second; from so much on, that matters little.
const LEAST_CPU_SECONDS: f64 = 0.1;

/// The report as lines of a name and what there is to say about it.
pub(super) fn render(report: &Report) -> String {
    let mut lines = Lines::default();
    lines.add("target", &report.target);
    lines.add("load", &load(report));
    lines.add(
        "messages",
        &format!(
            "{} in {:.3} s, {:.0} a second, each checked",
            report.messages, report.elapsed_seconds, report.messages_per_second
        ),
    );
    match &report.open_loop {
        Some(open) => open_loop(&mut lines, open),
        None => closed_loop(&mut lines, report),
    }
    connections(&mut lines, report);
    if let Some(served) = &report.served {
        lines.add("server", &server(served));
    }
    lines.add("own CPU", &own_cpu(report));
    let limit = report.generator_limit.as_deref();
    lines.add("generator", limit.unwrap_or("was not the limit"));
    lines.add("errors", &report.errors.to_string());
    for fault in &report.faults {
        let text = format!("connection {}: {}", fault.connection, fault.text);
        lines.add("", &text);
    }
    if report.interrupted {
        lines.add("interrupted", "the figures are those up to then");
    }
    lines.0.trim_end().to_owned()
}

/// Lines whose second column begins at the same place.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, text: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.0, "{name:<12} {text}");
    }
}

fn load(report: &Report) -> String {
    let kind = match &report.open_loop {
        Some(open) => format!("open loop at {} messages a second", open.rate),
        None => "closed loop".to_owned(),
    };
    format!(
        "{kind}, {} connections, {} bytes a message, {} in flight each, {} idle held, {} {}",
        report.connections,
        report.message_size,
        report.in_flight,
        report.connection.held,
        report.threads,
        if report.threads == 1 {
            "thread"
        } else {
            "threads"
        }
    )
}

fn open_loop(lines: &mut Lines, open: &OpenLoop) {
    lines.add("latency", &quantiles(&open.latency_us));
    lines.add("", "from when a message was due, whenever it was sent");
    lines.add("sent late", &quantiles(&open.lateness_us));
    if open.unsent > 0 {
        let text = format!(
            "{} messages were due and not sent, since earlier ones were not answered; the \
             latency is a lower bound",
            open.unsent
        );
        lines.add("unsent", &text);
    }
}

fn closed_loop(lines: &mut Lines, report: &Report) {
    if let Some(round_trip_us) = &report.round_trip_us {
        lines.add("round trip", &quantiles(round_trip_us));
        lines.add(
            "",
            "not a latency: a closed loop waits for the server, so this is little more than \
             what is in flight over the throughput; --rate measures latency",
        );
    }
}

fn connections(lines: &mut Lines, report: &Report) {
    let connection = &report.connection;
    let mut text = format!("{} opened", connection.opened);
    if report.own_cpu.us_per_connection.is_some() {
        let _ = write!(text, ", {:.0} a second", connection.opened_per_second);
    }
    if connection.never_established > 0 {
        let _ = write!(text, ", {} never established", connection.never_established);
    }
    if connection.starved > 0 {
        let _ = write!(text, ", {} clients without any answer", connection.starved);
    }
    lines.add("connections", &text);
    lines.add("connecting", &quantiles(&connection.connecting_us));
    if let Some(first_answer_us) = &connection.first_answer_us {
        lines.add("first answer", &quantiles(first_answer_us));
    }
    if connection.closing_us.count > 0 {
        lines.add("closing", &quantiles(&connection.closing_us));
    }
}

fn server(served: &ServedModel) -> String {
    let model = served.model;
    match (served.cpu_seconds, served.cpu_us_per_message) {
        (Some(seconds), Some(_)) if seconds < LEAST_CPU_SECONDS => {
            format!("{model}, {seconds:.2} s of CPU: too little to tell what a message took")
        }
        (_, Some(us)) => format!("{model}, {us:.2} us of CPU a message"),
        _ => model.to_owned(),
    }
}

fn own_cpu(report: &Report) -> String {
    let mut parts = Vec::new();
    if report.messages > 0 {
        parts.push(format!("{:.2} us a message", report.own_cpu.us_per_message));
    }
    if let Some(us_per_connection) = report.own_cpu.us_per_connection {
        parts.push(format!("{us_per_connection:.1} us a connection"));
    }
    for thread in &report.own_cpu.threads {
        parts.push(format!("{:.0} % of a core", thread.utilisation * 100.0));
    }
    parts.join(", ")
}

fn quantiles(quantiles: &Quantiles) -> String {
    if quantiles.count == 0 {
        return "none".to_owned();
    }
    format!(
        "p50 {:.1}  p90 {:.1}  p99 {:.1}  p99.9 {:.1}  max {:.1} us",
        quantiles.p50, quantiles.p90, quantiles.p99, quantiles.p99_9, quantiles.max
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_figure_is_made_of_too_little_processor_time() {
        let served = |cpu_seconds| ServedModel {
            model: "thread",
            cpu_seconds: Some(cpu_seconds),
            cpu_us_per_message: Some(cpu_seconds * 1e6 / 1000.0),
        };
        assert_eq!(server(&served(2.0)), "thread, 2000.00 us of CPU a message");
        assert!(server(&served(0.0)).contains("too little"));
    }
}
