//! The range of local ports, looked at before the work starts.

use crate::failure::Failure;
use crate::sys::host;

/// Makes sure that `connections` to one server can have a local port each, as far as the
/// system tells.
pub(crate) fn ensure(connections: u64) -> Result<(), Failure> {
    match host::local_port_count() {
        Some(ports) if ports < connections => Err(Failure::failed(format!(
            "{connections} connections need as many local ports, and there are {ports}: widen \
             the range (sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\", as root) or ask \
             for at most {ports}"
        ))),
        _ => Ok(()),
    }
}
