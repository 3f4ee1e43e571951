//! `overport report`: a report shown again, or two beside each other.

use std::fs;
use std::path::{Path, PathBuf};

use super::data::{self, Report};
use super::difference::difference;
use super::files::Output;
use super::ranking::{Metric, rank};
use super::verdict::verdict;
use super::{schema, terminal};
use crate::failure::Failure;
use crate::lang::Lang;
use crate::output;

/// Show a report again, or two of them beside each other.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A report.json, and another one to compare with it
    #[arg(value_name = "FILE", num_args = 1..=2, required_unless_present = "schema")]
    files: Vec<PathBuf>,

    /// Write report.html and report.json there, or difference.html where there are two
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// The language [default: that of LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, value_name = "LANG")]
    lang: Option<Lang>,

    /// Print the ranks and the verdict, or the difference of two reports, as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of report.json
    #[arg(long, exclusive = true)]
    schema: bool,
}

/// Prints the report, or the difference of two, and writes the files that were asked for.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    if args.schema {
        return output::print(&schema::schema(), true, |_| String::new());
    }
    let lang = Lang::chosen(args.lang);
    let reports: Vec<Report> = args
        .files
        .iter()
        .map(|path| read(path))
        .collect::<Result<_, _>>()?;
    let folder = args.output.as_deref().map(Output::prepare).transpose()?;
    match reports.as_slice() {
        [a, b, ..] => two(a, b, folder.as_ref(), lang, args.json),
        [report] => one(report, folder.as_ref(), lang, args.json),
        // The command line takes no fewer.
        [] => Ok(()),
    }
}

/// Reads a report. The error is one line that begins with the file's name.
pub(crate) fn read(path: &Path) -> Result<Report, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))?;
    data::read(&text).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))
}

fn one(report: &Report, folder: Option<&Output>, lang: Lang, json: bool) -> Result<(), Failure> {
    if let Some(folder) = folder {
        folder.write_report(report, lang)?;
    }
    let made_of_it = serde_json::json!({
        "cost": rank(report, Metric::Cost),
        "speed": rank(report, Metric::Speed),
        "latency": rank(report, Metric::Latency),
        "verdict": verdict(report),
    });
    output::print(&made_of_it, json, |_| {
        terminal::render(report, lang, terminal::width())
    })
}

fn two(
    a: &Report,
    b: &Report,
    folder: Option<&Output>,
    lang: Lang,
    json: bool,
) -> Result<(), Failure> {
    let difference = difference(a, b);
    if let Some(folder) = folder {
        folder.write_difference(a, b, &difference, lang)?;
    }
    output::print(&difference, json, |difference| {
        terminal::render_difference(a, b, difference, lang, terminal::width())
    })
}
