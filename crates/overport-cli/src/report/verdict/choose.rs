//! The choice, one figure after the other.

use super::candidates::{Candidates, burns, least, stall, stalled_p99_us};
use super::{Because, PassedOver, WhyPassedOver};
use crate::report::ranking::{Metric, Ranking, ratio};

/// How many times another's p99 it must be, when handlers block, for two to be told apart by that.
/// It is measured once, so it has no interval; a handler that holds the others up shows by the
/// whole time that it blocks, many times what they take otherwise.
pub(super) const STALLS_APART: f64 = 2.0;

/// With fewer rounds than this, or an interval whose ends are this far from each other, servers that
/// are not told apart may cost anything.
const FEWEST_ROUNDS: usize = 3;
const WIDEST: f64 = 2.0;

/// What the figures lead to.
pub(super) enum Outcome {
    Chosen(Chosen),
    /// Nobody, of these leaders.
    Undecided(Vec<usize>),
}

pub(super) struct Chosen {
    pub(super) run: usize,
    pub(super) because: Vec<Because>,
    pub(super) not_told_apart: Vec<usize>,
}

/// None if no server's cost is known.
pub(super) fn choose(candidates: &Candidates<'_>) -> Option<Outcome> {
    if let [run] = candidates.costed[..] {
        return Some(Outcome::Chosen(Chosen {
            run,
            because: vec![the_only_one(candidates, run)],
            not_told_apart: Vec::new(),
        }));
    }
    let cheapest = leaders(&candidates.cost, &candidates.eligible);
    if cheapest.len() > 1 && !narrow_enough(&candidates.cost, &cheapest) {
        return Some(Outcome::Undecided(cheapest));
    }
    decide(candidates, cheapest).map(Outcome::Chosen)
}

/// Whether the rounds tell so much of these servers' cost that those that are not told apart by it
/// do cost about the same.
fn narrow_enough(cost: &Ranking, leaders: &[usize]) -> bool {
    let narrow = |run: &usize| {
        let ratio = cost.place(*run).map(|place| place.ratio);
        ratio.is_some_and(|ratio| ratio.high <= WIDEST * ratio.low)
    };
    cost.rounds >= FEWEST_ROUNDS && leaders.iter().all(narrow)
}

/// Chooses from the cheapest ones.
fn decide(candidates: &Candidates<'_>, cheapest: Vec<usize>) -> Option<Chosen> {
    let mut field = Field {
        candidates,
        left: cheapest.clone(),
        reasons: Vec::new(),
    };
    field.by_latency();
    field.by_stalls();
    field.by_lines();
    let run = field.first()?;
    let of_field = field
        .reasons
        .iter()
        .filter_map(|reason| reason(candidates, run));
    let mut because: Vec<Because> = costs_least(candidates, run)
        .into_iter()
        .chain(of_field)
        .collect();
    if because.is_empty() {
        // All others are passed over, and there is no figure to say more.
        because.push(Because::ListedFirst);
    }
    Some(Chosen {
        run,
        because,
        not_told_apart: cheapest.into_iter().filter(|&other| other != run).collect(),
    })
}

/// The servers that cost as little as the chosen one, as far as is known, and burn a processor.
pub(super) fn passed_over(candidates: &Candidates<'_>, chosen: usize) -> Vec<PassedOver> {
    candidates
        .costed
        .iter()
        .copied()
        .filter(|run| !candidates.eligible.contains(run))
        .filter(|&run| !costs_more(&candidates.cost, run, chosen))
        .filter_map(|run| {
            let cpu_part = burns(candidates.run(run))?;
            Some(PassedOver {
                run,
                why: WhyPassedOver::BurnsIdle { cpu_part },
            })
        })
        .collect()
}

/// Whether the rounds tell that a run costs more than another one.
fn costs_more(cost: &Ranking, run: usize, than: usize) -> bool {
    let mut places = cost.places.iter().skip_while(|place| place.run != than);
    places
        .next()
        .is_some_and(|than| !than.not_told_apart.contains(&run))
        && places.any(|place| place.run == run)
}

/// The servers that are left, and what has decided so far.
struct Field<'a> {
    candidates: &'a Candidates<'a>,
    left: Vec<usize>,
    reasons: Vec<Reason>,
}

/// What is said of the chosen one.
type Reason = fn(&Candidates<'_>, usize) -> Option<Because>;

impl Field<'_> {
    fn by_latency(&mut self) {
        let latency = &self.candidates.latency;
        let unknown = |run: &usize| latency.place(*run).is_none();
        let (unknown, known): (Vec<usize>, Vec<usize>) =
            self.left.iter().partition(|run| unknown(run));
        let quickest = leaders(latency, &known);
        self.narrow([quickest, unknown].concat(), answers_soonest);
    }

    /// Leaves only the steadiest of those whose p99 is known, if there is one that is far from it.
    fn by_stalls(&mut self) {
        let candidates = self.candidates;
        let p99_us = |run: usize| stalled_p99_us(candidates.run(run));
        let Some((steadiest, least)) = least(self.left.iter().copied(), p99_us) else {
            return;
        };
        // What is known only from below is far from it too, if that is.
        let apart = |run: usize| {
            stall(candidates.run(run)).is_some_and(|stall| stall.with.p99 >= STALLS_APART * least)
        };
        if self.left.iter().any(|&run| apart(run)) {
            let left = self.left.iter().copied();
            let stays = |run: &usize| *run == steadiest || p99_us(*run).is_none() && !apart(*run);
            self.narrow(left.filter(stays).collect(), bears_stalls);
        }
    }

    /// One whose lines are not known stays.
    fn by_lines(&mut self) {
        let lines_of = |run: usize| self.candidates.run(run).source_lines;
        let Some(lines) = self.left.iter().filter_map(|&run| lines_of(run)).min() else {
            return;
        };
        let shortest = self
            .left
            .iter()
            .copied()
            .filter(|&run| lines_of(run).is_none_or(|its| its == lines))
            .collect();
        self.narrow(shortest, shortest_code);
    }

    /// The first of those that nothing told apart, as they are listed: by their cost.
    fn first(&mut self) -> Option<usize> {
        let place = |&run: &usize| {
            let mut places = self.candidates.cost.places.iter();
            (places.position(|place| place.run == run), run)
        };
        let run = self.left.iter().copied().min_by_key(place)?;
        self.narrow(vec![run], |_, _| Some(Because::ListedFirst));
        Some(run)
    }

    /// The reason is told with the figures of the one that is chosen in the end.
    fn narrow(&mut self, to: Vec<usize>, reason: Reason) {
        if to.len() < self.left.len() {
            self.reasons.push(reason);
            self.left = to;
        }
    }
}

/// Of these the best one in a ranking and those that are not told apart from it, best first; all
/// of them where none has a place.
fn leaders(ranking: &Ranking, of: &[usize]) -> Vec<usize> {
    let mut places = ranking
        .places
        .iter()
        .filter(|place| of.contains(&place.run));
    let Some(best) = places.next() else {
        return of.to_vec();
    };
    let alike = places
        .map(|place| place.run)
        .filter(|run| best.not_told_apart.contains(run));
    std::iter::once(best.run).chain(alike).collect()
}

fn the_only_one(candidates: &Candidates<'_>, run: usize) -> Because {
    match candidates.cost.place(run) {
        Some(place) if candidates.through > 1 => Because::OnlyCostKnown {
            cpu_us_per_message: place.value,
        },
        _ => Because::OnlyOne,
    }
}

fn costs_least(candidates: &Candidates<'_>, run: usize) -> Option<Because> {
    let mut places = candidates.cost.places.iter();
    let chosen = places.find(|place| place.run == run)?;
    let next = places
        .map(|place| place.run)
        .find(|next| !chosen.not_told_apart.contains(next))
        .and_then(|next| Some((next, ratio(candidates.report, Metric::Cost, next, run)?)));
    Some(Because::CostsLeast {
        cpu_us_per_message: chosen.value,
        next,
    })
}

fn answers_soonest(candidates: &Candidates<'_>, run: usize) -> Option<Because> {
    Some(Because::AnswersSoonest {
        p99_us: candidates.latency.place(run)?.value,
        rate_per_s: candidates.report.settings.latency_rate_per_s?,
    })
}

fn bears_stalls(candidates: &Candidates<'_>, run: usize) -> Option<Because> {
    let p99_us = stalled_p99_us(candidates.run(run))?;
    Some(Because::BearsStalls { p99_us })
}

fn shortest_code(candidates: &Candidates<'_>, run: usize) -> Option<Because> {
    let lines = candidates.run(run).source_lines?;
    Some(Because::ShortestCode { lines })
}
