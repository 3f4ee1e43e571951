//! The options of `overport load`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use super::plan::{Bound, Plan};
use crate::failure::Failure;
use crate::number_argument::{positive, rate};
use crate::serve;

/// How long a run takes when nothing bounds it.
const DEFAULT_SECONDS: f64 = 10.0;

/// Load an echo server and check every byte that comes back.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("target").required(true).args(["connect", "serve"]))]
pub(crate) struct Args {
    /// The server: an address or a name, and a port
    #[arg(long, value_name = "ADDR")]
    connect: Option<String>,

    /// Start this program's own server in a model, for as long as the load runs
    #[arg(long, value_name = "MODEL", value_parser = serve::model_parser())]
    pub(super) serve: Option<&'static serve::Model>,

    /// Connections that are active at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    connections: u64,

    /// Connections that are held open beside the active ones and send nothing
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    idle: u64,

    /// Bytes in a message
    #[arg(long, value_name = "BYTES", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    message_size: u64,

    /// Messages of a connection that may be on their way at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    in_flight: u64,

    /// End after this time [default: 10, unless --messages is given]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "messages")]
    seconds: Option<f64>,

    /// End after this many messages over all connections, in equal shares; a connection
    /// closes when its share is done
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    messages: Option<u64>,

    /// Close a connection after this many messages, and open a new one in its place
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    messages_per_connection: Option<u64>,

    /// Open loop: send this many messages a second over all connections, whether or not the
    /// server keeps up; the latency then counts from the time a message was due [default:
    /// closed loop, a message follows the echo of an earlier one]
    #[arg(long, value_name = "PER_SECOND", value_parser = rate)]
    rate: Option<f64>,

    /// Threads that share the connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1024))]
    threads: u64,

    /// Give up when nothing has come back on any connection for this time
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    stall_timeout: f64,

    /// Print the report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Args {
    /// How many connections there are at once.
    pub(super) fn clients(&self) -> u64 {
        self.connections + self.idle
    }

    /// How many threads there are: none is without a connection.
    pub(super) fn threads(&self) -> u64 {
        self.threads.min(self.connections)
    }

    /// The plan for `served`, the server that was started for it, or else for the target,
    /// with its name resolved.
    pub(super) fn plan(&self, served: Option<SocketAddr>) -> Result<Plan, Failure> {
        Ok(Plan {
            target: match (served, &self.connect) {
                (Some(served), _) => served,
                (None, Some(name)) => resolve(name)?,
                (None, None) => return Err(Failure::usage("--connect or --serve is needed")),
            },
            connections: self.connections,
            idle: self.idle,
            greet_idle: false,
            message_size: usize::try_from(self.message_size)
                .map_err(|_| Failure::usage("--message-size is more than this machine has"))?,
            in_flight: self.in_flight,
            bound: match self.messages {
                Some(messages) => Bound::Messages(messages),
                None => Bound::Time(Duration::from_secs_f64(
                    self.seconds.unwrap_or(DEFAULT_SECONDS),
                )),
            },
            warm_up: Duration::ZERO,
            messages_per_connection: self.messages_per_connection,
            rate: self.rate,
            mark_every: None,
            threads: self.threads(),
            stall_timeout: Duration::from_secs_f64(self.stall_timeout),
        })
    }
}

fn resolve(name: &str) -> Result<SocketAddr, Failure> {
    let mut addresses = name.to_socket_addrs().map_err(|error| {
        Failure::failed(format!(
            "cannot resolve {name}: {error}; --connect takes HOST:PORT"
        ))
    })?;
    addresses
        .next()
        .ok_or_else(|| Failure::failed(format!("{name} has no address")))
}

fn seconds(text: &str) -> Result<f64, String> {
    positive(text, 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(arguments: &[&str]) -> Plan {
        use clap::{Args as _, FromArgMatches};
        let command = Args::augment_args(clap::Command::new("load"));
        let base = ["load", "--connect", "127.0.0.1:1"];
        let matches = command
            .try_get_matches_from(base.iter().chain(arguments))
            .unwrap();
        Args::from_arg_matches(&matches)
            .unwrap()
            .plan(None)
            .unwrap()
    }

    #[test]
    fn no_thread_is_without_a_connection() {
        assert_eq!(plan(&["--connections", "2", "--threads", "8"]).threads, 2);
    }

    #[test]
    fn times_and_rates_are_above_zero_and_finite() {
        assert_eq!(seconds("0.5"), Ok(0.5));
        for bad in ["0", "-1", "nan", "inf", "", "1e300"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
