//! What Linux offers, tried where it can be tried.

mod advice;
mod models;
mod readiness;
mod system;
mod text;
mod trials;
mod uring;

use serde::Serialize;

use super::Examination;
use super::text::Table;
use crate::serve::{NoPort, RestsOn};

/// What there is on Linux only.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    system: system::System,
    readiness: readiness::Readiness,
    io_uring: uring::Uring,
}

/// Examines the machine; `port` is what came of making a completion port.
pub(super) fn examine(port: &Result<RestsOn, NoPort>) -> Examination {
    let findings = Findings {
        system: system::examine(),
        readiness: readiness::examine(),
        io_uring: uring::examine(),
    };
    Examination {
        models: models::examine(&findings.readiness, port),
        advice: advice::advise(&findings.system, &findings.io_uring, port),
        findings,
    }
}

impl Findings {
    /// Shows them to people.
    pub(super) fn show(&self, table: &mut Table) {
        text::show(self, table);
    }
}
