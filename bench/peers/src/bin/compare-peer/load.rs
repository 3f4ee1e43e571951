//! The load: `overport load`, which checks every byte that comes back.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use crate::server::spawn;

#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) program: PathBuf,
    pub(crate) connections: u32,
    pub(crate) message_size: u32,
    pub(crate) in_flight: u32,
    pub(crate) core: usize,
}

/// What one run of the load reported.
#[derive(Debug)]
pub(crate) struct LoadReport {
    pub(crate) messages: u64,
    pub(crate) messages_per_second: f64,
    /// The load was at its own limit, and the server waited for it.
    pub(crate) load_was_limit: bool,
}

impl Load {
    /// Loads the server at `address`.
    pub(crate) fn run(
        &self,
        address: SocketAddr,
        duration: Duration,
    ) -> anyhow::Result<LoadReport> {
        let mut command = Command::new(&self.program);
        command
            .args(["load", "--json", "--connect", &address.to_string()])
            .args(["--connections", &self.connections.to_string()])
            .args(["--message-size", &self.message_size.to_string()])
            .args(["--in-flight", &self.in_flight.to_string()])
            .args(["--seconds", &duration.as_secs_f64().to_string()])
            .stdout(Stdio::piped());
        let output = spawn(&mut command, self.core)?.wait_with_output()?;
        anyhow::ensure!(output.status.success(), "failed: {}", output.status);
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let messages = report["messages"].as_u64().unwrap_or(0);
        anyhow::ensure!(messages > 0, "no message was echoed");
        Ok(LoadReport {
            messages,
            messages_per_second: report["messages_per_second"]
                .as_f64()
                .context("the report has no rate")?,
            load_was_limit: !report["generator_limit"].is_null(),
        })
    }
}
