//! What the textbook says, and what the figures say to it.

use super::Names;
use crate::report::claims::{ClaimId, Evidence, Finding, MissingEvidence};

/// The statements, findings and figures.
pub(crate) trait ClaimTexts {
    /// The statement, as a sentence without its full stop.
    fn claim(&self, id: ClaimId) -> &'static str;

    fn finding(&self, finding: Finding) -> &'static str;

    /// A figure with the name of its server.
    fn evidence(&self, evidence: &Evidence, names: &Names<'_>) -> String;

    fn missing(&self, what: MissingEvidence) -> &'static str;
}
