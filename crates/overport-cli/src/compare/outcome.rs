//! What becomes of a report: it is printed, written, held against an earlier one, and decides
//! how the program ends.

use super::args::Args;
use crate::failure::Failure;
use crate::lang::Lang;
use crate::output;
use crate::report::command::read;
use crate::report::data::Report;
use crate::report::difference::{Difference, difference, slower_than};
use crate::report::files::Output;
use crate::report::terminal;

/// Where the report goes; all of it was looked at before there is one.
#[derive(Debug)]
pub(super) struct Outcome {
    lang: Lang,
    json: bool,
    output: Option<Output>,
    baseline: Option<Report>,
    max_slower_percent: Option<f64>,
}

impl Outcome {
    /// Fails where the baseline can't be read or the folder can't be written.
    pub(super) fn prepare(args: &Args) -> Result<Self, Failure> {
        let baseline = args.baseline.as_deref().map(read).transpose()?;
        if let (Some(baseline), Some(_)) = (&baseline, args.max_slower) {
            same_load(baseline, args)?;
        }
        Ok(Self {
            lang: Lang::chosen(args.lang),
            json: args.json,
            baseline,
            output: args.output.as_deref().map(Output::prepare).transpose()?,
            max_slower_percent: args.max_slower,
        })
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// Shows the report. Fails, when all is shown, where a server has a problem or is slower
    /// than it may be.
    pub(super) fn show(&self, report: &Report) -> Result<(), Failure> {
        let baseline = self.baseline.as_ref();
        let baseline = baseline.map(|baseline| (baseline, difference(baseline, report)));
        if let Some(output) = &self.output {
            output.write_report(report, self.lang)?;
            if let Some((baseline, difference)) = &baseline {
                output.write_difference(baseline, report, difference, self.lang)?;
            }
        }
        output::print(report, self.json, |report| {
            let width = terminal::width();
            let mut text = terminal::render(report, self.lang, width);
            if let Some((baseline, difference)) = &baseline {
                text.push_str("\n\n");
                text.push_str(&terminal::render_difference(
                    baseline, report, difference, self.lang, width,
                ));
            }
            text
        })?;
        without_problems(report)?;
        match (&baseline, self.max_slower_percent) {
            (Some((_, difference)), Some(percent)) => fast_enough(difference, percent),
            _ => Ok(()),
        }
    }
}

/// What is slower under another load is not slower.
fn same_load(baseline: &Report, args: &Args) -> Result<(), Failure> {
    let earlier = &baseline.settings;
    let loads = [
        ("connections", earlier.connections, args.connections),
        ("message-size", earlier.message_bytes, args.message_size),
        ("in-flight", earlier.in_flight, args.in_flight),
    ];
    match loads.iter().find(|(_, earlier, now)| earlier != now) {
        Some((option, earlier, now)) => Err(Failure::usage(format!(
            "--max-slower: the baseline is of another load, with --{option} {earlier} and not {now}"
        ))),
        None => Ok(()),
    }
}

fn without_problems(report: &Report) -> Result<(), Failure> {
    let problems: Vec<&str> = report
        .runs
        .iter()
        .filter(|run| run.problem.is_some())
        .map(|run| run.model.as_str())
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "{} of {} servers did not come through, as the report says: {}",
        problems.len(),
        report.runs.len(),
        problems.join(", ")
    )))
}

fn fast_enough(difference: &Difference, percent: f64) -> Result<(), Failure> {
    let mut slower: Vec<String> = slower_than(difference, percent)
        .into_iter()
        .map(|slower| slower.server)
        .collect();
    // By cost and by speed is one server still.
    slower.dedup();
    if slower.is_empty() {
        return Ok(());
    }
    Err(Failure::slower(format!(
        "slower than the baseline by more than {percent} %: {}",
        slower.join(", ")
    )))
}
