//! What the machine offers, for people.

use std::fmt::{Display, Write};

use super::Examination;
use super::models::Built;

/// The examination as a table of sections.
pub(super) fn render(examination: &Examination) -> String {
    let mut table = Table::default();
    examination.findings.show(&mut table);
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

/// Sections of rows.
#[derive(Default)]
pub(super) struct Table(String);

// Writing to a String does not fail.
impl Table {
    pub(super) fn section(&mut self, name: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.0, "{gap}{name}");
    }

    pub(super) fn row(&mut self, name: &str, value: impl Display) {
        self.line(format!("{name:<20} {value}").trim_end());
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "  {text}");
    }
}

/// A value that may not be known.
pub(super) fn known(value: Option<impl Display>) -> String {
    value.map_or("unknown".to_owned(), |value| value.to_string())
}
