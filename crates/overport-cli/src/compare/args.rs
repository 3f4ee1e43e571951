//! The options of `overport compare`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, ValueEnum};

use crate::lang::Lang;
use crate::measure::command::ServerCommand;
use crate::number_argument::{positive, rate};
use crate::report::data::View;
use crate::serve::Model;

/// Compare the nine models, and any other server, under the same load on this machine
///
/// Each server runs as a process of its own, on other processors than the load where there are
/// two. The rounds of all servers are interleaved, and every byte that comes back is checked.
/// What is told apart is told apart by 95 % intervals of paired ratios. Without options it
/// takes less than two minutes on two processors.
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("bound").args(["rounds", "time"]))]
pub(crate) struct Args {
    /// The models to compare, or none
    #[arg(long, value_name = "MODEL,...", value_delimiter = ',', default_value = ALL,
          hide_possible_values = true, value_parser = models_parser())]
    pub(super) models: Vec<Models>,

    /// Another server, whose command line has {port} in it; again for more. It is split as a
    /// shell does, and no shell runs it. A server that also takes {stall_ms} blocks its handler
    /// for so many milliseconds at a message that begins with OVPSTALL
    #[arg(long = "server", value_name = "NAME=COMMAND", value_parser = ServerCommand::named)]
    pub(super) servers: Vec<(String, ServerCommand)>,

    /// Connections of the main load
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) connections: u64,

    /// Bytes in a message
    #[arg(long, value_name = "BYTES", default_value_t = 64,
          value_parser = clap::value_parser!(u64).range(1..=1 << 26))]
    pub(super) message_size: u64,

    /// Messages of a connection that may be on their way at once
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub(super) in_flight: u64,

    /// Rounds of the main load; more of them tell smaller differences apart
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u64).range(2..=10_000))]
    pub(super) rounds: u64,

    /// As many rounds as fit into this time, all views included, and three at least
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) time: Option<f64>,

    /// How long a server is measured in a round, after a third of it that does not count
    #[arg(long, value_name = "SECONDS", default_value = "0.3", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) round_seconds: f64,

    /// What to look at beside the main load, or none
    #[arg(long, value_name = "VIEW,...", value_delimiter = ',', default_value = ALL,
          value_parser = views_parser())]
    pub(super) views: Vec<Views>,

    /// Connections of the view over the connections; more than the limits allow are left out,
    /// and the report says so
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,8,64,512,4096",
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) connection_counts: Vec<u64>,

    /// Connections that say nothing, in the idle view
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) idle: u64,

    /// Messages a second at which answers are timed [default: half of what the slowest server
    /// managed]
    #[arg(long, value_name = "PER_SECOND", value_parser = rate, allow_negative_numbers = true)]
    pub(super) rate: Option<f64>,

    /// Messages a second of the view of handlers that block [default: 3000, or half of what the
    /// slowest server managed if that is less]
    #[arg(long, value_name = "PER_SECOND", value_parser = rate, allow_negative_numbers = true)]
    pub(super) stall_rate: Option<f64>,

    /// How long a server may take to listen, to answer and to close
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) patience: f64,

    /// Processors of the servers, such as 1 or 2-3 [default: the second]
    #[arg(long, value_name = "LIST")]
    pub(super) server_cpus: Option<String>,

    /// Processors of the load, with a thread each [default: the first]
    #[arg(long, value_name = "LIST")]
    pub(super) load_cpus: Option<String>,

    /// Write report.html and report.json into this folder
    #[arg(long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,

    /// Compare with this earlier report.json
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Exit with 3 when a server is slower than in the baseline by more than this, beyond doubt
    #[arg(long, value_name = "PERCENT", requires = "baseline", value_parser = percent, allow_negative_numbers = true)]
    pub(super) max_slower: Option<f64>,

    /// The language of the report [default: that of LANG]
    #[arg(long, value_enum, value_name = "LANG")]
    pub(super) lang: Option<Lang>,

    /// Print report.json instead of the table
    #[arg(long)]
    pub(super) json: bool,
}

const ALL: &str = "all";
const NONE: &str = "none";

/// A choice of models: some, or a word for many.
#[derive(Clone, Copy, Debug)]
pub(super) enum Models {
    All,
    None,
    One(&'static Model),
}

/// A choice of views.
#[derive(Clone, Copy, Debug)]
pub(super) enum Views {
    All,
    None,
    One(View),
}

impl Args {
    /// The models that were chosen, each once, in their usual order.
    pub(super) fn models(&self) -> Vec<&'static Model> {
        Model::all()
            .filter(|model| {
                self.models.iter().any(|choice| match choice {
                    Models::All => true,
                    Models::None => false,
                    Models::One(chosen) => chosen.name() == model.name(),
                })
            })
            .collect()
    }

    /// The views that were chosen.
    pub(super) fn views(&self) -> Vec<View> {
        View::value_variants()
            .iter()
            .copied()
            .filter(|view| {
                self.views.iter().any(|choice| match choice {
                    Views::All => true,
                    Views::None => false,
                    Views::One(chosen) => chosen == view,
                })
            })
            .collect()
    }

    /// The numbers of connections to look at, each once, rising.
    pub(super) fn connection_counts(&self) -> Vec<u64> {
        let mut counts = self.connection_counts.clone();
        counts.sort_unstable();
        counts.dedup();
        counts
    }
}

fn models_parser() -> impl TypedValueParser<Value = Models> {
    let names = Model::all().map(Model::name);
    PossibleValuesParser::new(names.chain([ALL, NONE])).map(|name| {
        let model = Model::all().find(|model| model.name() == name);
        match (model, name.as_str()) {
            (Some(model), _) => Models::One(model),
            (None, NONE) => Models::None,
            (None, _) => Models::All,
        }
    })
}

fn views_parser() -> impl TypedValueParser<Value = Views> {
    let views = View::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value);
    let words = [ALL, NONE].map(PossibleValue::new);
    PossibleValuesParser::new(views.chain(words)).map(|name| {
        match (View::from_str(&name, false), name.as_str()) {
            (Ok(view), _) => Views::One(view),
            (Err(_), NONE) => Views::None,
            (Err(_), _) => Views::All,
        }
    })
}

fn seconds(text: &str) -> Result<f64, String> {
    positive(text, 86_400.0)
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1e6).contains(&number) => Ok(number),
        _ => Err("expected a number from 0 on".into()),
    }
}
