//! What is looked at: the main load, and a file a view beside it. Each makes trials, in rounds
//! over all servers, and puts what it finds into their runs.

mod calibration;
mod connections;
mod flood;
mod idle;
mod latency;
mod main_load;
mod sessions;
mod stall;
mod syscalls;

pub(super) use calibration::{calibrate, easy};
pub(super) use main_load::{Rounds, main_load};

use super::comparison::Comparison;
use crate::failure::Failure;
use crate::report::data::{Settings, View};

/// How many rounds the view has.
pub(super) fn rounds(view: View, settings: &Settings) -> u64 {
    match view {
        View::Latency => latency::ROUNDS,
        View::Connections => connections::counts(settings).len() as u64,
        View::Stall | View::Idle | View::Flood | View::Sessions | View::Syscalls => 1,
    }
}

/// Takes the view.
pub(super) fn view(comparison: &mut Comparison<'_>, view: View) -> Result<(), Failure> {
    match view {
        View::Latency => latency::measure(comparison),
        View::Connections => connections::measure(comparison),
        View::Stall => stall::measure(comparison),
        View::Idle => idle::measure(comparison),
        View::Flood => flood::measure(comparison),
        View::Sessions => sessions::measure(comparison),
        View::Syscalls => syscalls::measure(comparison),
    }
}
