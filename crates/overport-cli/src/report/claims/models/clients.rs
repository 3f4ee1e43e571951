//! What a model's clients notice.

use crate::report::claims::facts::{Fact, Facts, Of};
use crate::report::claims::judge::{Judged, whether};
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

/// Nobody is left without an answer while others come and go.
pub(super) fn serves_at_once(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let sessions = of.sessions()?;
    Ok((whether(sessions.starved == 0), sessions_evidence(of)?))
}

pub(super) fn shares_its_queue(_: &Facts<'_>, of: Of<'_>) -> Judged {
    let flood = of.flood()?;
    let (with_us, without_us) = (flood.with.p99, flood.without.p99);
    if with_us * FLOODED < without_us {
        return Err(MissingEvidence::Disturbed);
    }
    Ok((
        whether(with_us >= FLOODED * without_us),
        vec![Evidence::P99UsUnderFlood {
            run: of.index,
            with_us,
            without_us,
        }],
    ))
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
