//! What Windows offers, tried where it can be tried.

mod advice;
mod models;
mod system;
mod text;
mod winsock;

use serde::Serialize;

use super::Examination;
use super::text::Table;
use crate::serve::{NoPort, RestsOn};

/// What there is on Windows only.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    system: system::System,
    winsock: winsock::Winsock,
}

/// Examines the machine; `port` is what came of making a completion port.
pub(super) fn examine(port: &Result<RestsOn, NoPort>) -> Examination {
    let findings = Findings {
        system: system::examine(),
        winsock: winsock::examine(),
    };
    Examination {
        models: models::examine(port),
        advice: advice::advise(&findings, port),
        findings,
    }
}

impl Findings {
    /// Shows them to people.
    pub(super) fn show(&self, table: &mut Table) {
        text::show(self, table);
    }
}
