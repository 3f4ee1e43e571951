//! Clients that connect, exchange a few messages and go: what comes and goes costs, how long a
//! newcomer waits for its first answer, and who gets none.

use super::super::comparison::Comparison;
use super::super::progress::Stage;
use super::super::trial::Trial;
use crate::failure::Failure;
use crate::report::data::{Figure, Sessions, View};

pub(super) fn measure(comparison: &mut Comparison<'_>) -> Result<(), Failure> {
    let mut trial = Trial::main_load(&comparison.settings);
    trial.session_messages = Some(comparison.settings.session_messages);
    comparison.round(
        Stage::View(View::Sessions),
        Figure::Sessions,
        0,
        1,
        |bench, _settings, candidate, run, _turn| {
            let measurement = bench.measure(candidate, &trial)?;
            let load = &measurement.load;
            let sessions = load.sessions as f64;
            run.sessions = Some(Sessions {
                sessions_per_s: sessions / load.seconds,
                cpu_us_per_session: measurement.usage.per_message(load.sessions).cpu_us,
                first_answer_us: measurement.first_answer()?,
                starved: load.starved,
                clients: load.clients,
                disturbed: measurement.noise.disturbed,
            });
            Ok(())
        },
    )
}
