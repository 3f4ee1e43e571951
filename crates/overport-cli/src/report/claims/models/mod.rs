//! The models' advantages and drawbacks.

mod clients;
mod costs;
mod threads;

use self::clients::{others_wait, serves_at_once, shares_its_queue};
use self::costs::{
    beats_readiness, beats_select, burns, costs_least, longest_code, most_memory, scans,
    shortest_code,
};
use self::threads::{bound, fewest_threads, many_on_one_thread, not_bound, one_thread};
use super::facts::{Facts, Of};
use super::goals::computing_beside_io;
use super::judge::{Judged, claim};
use super::stalls::held_up;
use super::{About, Claim, ClaimId};

/// Whether a claim is an advantage or a drawback.
type Side = fn(usize) -> About;

/// How a claim about a model is judged.
type Judge = fn(&Facts<'_>, Of<'_>) -> Judged;

/// Each model's claims, its advantages first.
const CLAIMS: &[(&str, Side, ClaimId, Judge)] = {
    use About::{Advantage, Drawback};
    use ClaimId as Id;
    &[
        (
            "iterative",
            Advantage,
            Id::IterativeNeedsFewResources,
            fewest_threads,
        ),
        ("iterative", Drawback, Id::IterativeOthersWait, others_wait),
        ("thread", Advantage, Id::ThreadServesAtOnce, serves_at_once),
        ("thread", Advantage, Id::ThreadCodeIsShort, shortest_code),
        ("thread", Drawback, Id::ThreadCostsMemory, most_memory),
        (
            "nonblocking",
            Advantage,
            Id::NonblockingNeverBlocks,
            one_thread,
        ),
        (
            "nonblocking",
            Drawback,
            Id::NonblockingBurnsProcessor,
            burns,
        ),
        (
            "select",
            Advantage,
            Id::SelectManyOnOneThread,
            many_on_one_thread,
        ),
        ("select", Drawback, Id::SelectBoundTo64, bound),
        ("select", Drawback, Id::SelectScans, scans),
        (
            "async-select",
            Advantage,
            Id::AsyncSelectOneThread,
            one_thread,
        ),
        (
            "async-select",
            Drawback,
            Id::AsyncSelectSharesOneQueue,
            shares_its_queue,
        ),
        (
            "event-select",
            Advantage,
            Id::EventSelectNeedsNoWindow,
            many_on_one_thread,
        ),
        (
            "event-select",
            Advantage,
            Id::EventSelectCostsLessThanSelect,
            beats_select,
        ),
        ("event-select", Drawback, Id::EventSelectBoundTo64, bound),
        (
            "overlapped-event",
            Advantage,
            Id::OverlappedEventWorksBesideIo,
            beside_io,
        ),
        (
            "overlapped-event",
            Advantage,
            Id::OverlappedEventCostsLessThanReadiness,
            beats_readiness,
        ),
        (
            "overlapped-event",
            Drawback,
            Id::OverlappedEventBoundTo64,
            bound,
        ),
        (
            "overlapped-routine",
            Advantage,
            Id::OverlappedRoutineNoLimitOfEvents,
            not_bound,
        ),
        (
            "overlapped-routine",
            Advantage,
            Id::OverlappedRoutineCostsLessThanReadiness,
            beats_readiness,
        ),
        (
            "overlapped-routine",
            Drawback,
            Id::OverlappedRoutineBoundToItsThread,
            held_up,
        ),
        (
            "completion-port",
            Advantage,
            Id::PortServesManyWithFewThreads,
            not_bound,
        ),
        (
            "completion-port",
            Advantage,
            Id::PortCostsLeast,
            costs_least,
        ),
        (
            "completion-port",
            Drawback,
            Id::PortCodeIsLonger,
            longest_code,
        ),
    ]
};

/// The claims about the models that were entered.
pub(super) fn claims(facts: &Facts<'_>) -> Vec<Claim> {
    CLAIMS
        .iter()
        .filter_map(|&(model, about, id, judge)| {
            let index = facts.entered(model)?.index;
            let judged = facts.model(model).and_then(|of| judge(facts, of));
            Some(claim(about(index), id, judged))
        })
        .collect()
}

fn beside_io(facts: &Facts<'_>, _: Of<'_>) -> Judged {
    computing_beside_io(facts)
}
