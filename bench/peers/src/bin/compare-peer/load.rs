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

impl Load {
    /// Loads the server at `address` and returns the number of messages that were echoed.
    pub(crate) fn run(&self, address: SocketAddr, duration: Duration) -> anyhow::Result<u64> {
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
        report["messages"]
            .as_u64()
            .filter(|&messages| messages > 0)
            .context("no message was echoed")
    }
}
