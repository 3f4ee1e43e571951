//! What a model's clients notice.

use crate::report::claims::facts::{Fact, Facts, Of};
use crate::report::claims::judge::{Judged, held_up, whether};
use crate::report::claims::thresholds::{FLOODED, OTHERS_WAIT};
use crate::report::claims::{Evidence, MissingEvidence};

/// Clients starve, or wait for their first answer far longer than with a model that has many.
pub(super) fn others_wait(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let own = of.sessions()?;
    let mut evidence = sessions_evidence(of)?;
    let quickest = facts
        .others(of)
        .filter_map(|of| Some((of, of.sessions().ok()?.first_answer_us.p99)))
        .min_by(|(_, a), (_, b)| a.total_cmp(b));
    let Some((other, p99_us)) = quickest else {
        return Ok((whether(own.starved > 0), evidence));
    };
    evidence.extend(sessions_evidence(other)?);
    let waits = own.first_answer_us.p99 >= OTHERS_WAIT * p99_us;
    Ok((whether(own.starved > 0 || waits), evidence))
}

pub(super) fn serves_at_once(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let sessions = of.sessions()?;
    Ok((whether(sessions.starved == 0), sessions_evidence(of)?))
}

pub(super) fn shares_its_queue(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let flood = of.run.flood.as_ref().ok_or(MissingEvidence::Flood)?;
    let (with_us, without_us) = (flood.with.p99, flood.without.p99);
    Ok((
        whether(with_us >= FLOODED * without_us),
        vec![Evidence::P99UsUnderFlood {
            run: of.index,
            with_us,
            without_us,
        }],
    ))
}

/// What runs on the thread that issued it waits for a handler that blocks this thread.
pub(super) fn one_at_a_stall(facts: &Facts<'_>, of: Of<'_>) -> Judged {
    let (held_up, evidence) = held_up(facts, of)?;
    Ok((whether(held_up), vec![evidence]))
}

fn sessions_evidence(of: Of<'_>) -> Fact<Vec<Evidence>> {
    let run = of.index;
    let sessions = of.sessions()?;
    Ok(vec![
        Evidence::FirstAnswerP99Us {
            run,
            p99_us: sessions.first_answer_us.p99,
            clients: sessions.clients,
        },
        Evidence::Starved {
            run,
            starved: sessions.starved,
            clients: sessions.clients,
        },
    ])
}
