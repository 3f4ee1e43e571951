//! What handlers that block do to the other clients.

use super::facts::{Fact, Facts, Of};
use super::judge::{Judged, whether};
use super::thresholds::{AS_QUICK, HELD_UP, HELD_UP_GROWTH};
use super::{Evidence, Finding, MissingEvidence};

/// The p99 of the other clients.
#[derive(Clone, Copy)]
struct Stalled {
    run: usize,
    with_us: f64,
    /// Messages were left unsent, so it would have been higher.
    lower_bound: bool,
    without_us: f64,
}

/// A handler that blocks holds the other clients up.
pub(super) fn held_up(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let stalled = Stalled::of(facts, of)?;
    let holds = stalled.with_us >= HELD_UP * facts.stall_us()
        && stalled.with_us >= HELD_UP_GROWTH * stalled.without_us;
    let finding = if stalled.lower_bound && !holds {
        Finding::NotMeasurableHere
    } else {
        whether(holds)
    };
    Ok((finding, vec![stalled.evidence()]))
}

/// No model stays much quicker when handlers block.
pub(super) fn holds_up_least(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let own = Stalled::of(facts, of)?;
    let others: Vec<Stalled> = facts
        .others(of)
        .filter_map(|other| Stalled::of(facts, other).ok())
        .collect();
    let quickest = others
        .iter()
        .min_by(|a, b| a.with_us.total_cmp(&b.with_us))
        .ok_or(MissingEvidence::Model)?;
    let quicker = |other: &&Stalled| own.with_us > AS_QUICK * other.with_us;
    let surely_quicker = others
        .iter()
        .find(|other| !other.lower_bound && quicker(other));
    let (finding, next) = match surely_quicker {
        Some(other) => (Finding::Contradicted, other),
        None if own.lower_bound || quicker(&quickest) => (Finding::NotMeasurableHere, quickest),
        None => (Finding::Confirmed, quickest),
    };
    Ok((finding, vec![own.evidence(), next.evidence()]))
}

impl Stalled {
    /// What was measured, if a wait for a handler would show in it.
    fn of(facts: &Facts<'_>, of: Of<'_>) -> Fact<Self> {
        let stall = of.stall()?;
        if stall.without.p99 >= HELD_UP * facts.stall_us() {
            return Err(MissingEvidence::Disturbed);
        }
        Ok(Self {
            run: of.index,
            with_us: stall.with.p99,
            lower_bound: stall.unsent > 0,
            without_us: stall.without.p99,
        })
    }

    fn evidence(self) -> Evidence {
        Evidence::P99UsUnderStalls {
            run: self.run,
            with_us: self.with_us,
            with_is_lower_bound: self.lower_bound,
            without_us: self.without_us,
        }
    }
}
