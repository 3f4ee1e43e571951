//! Runs the C program, which ends by itself and says by its exit code whether all was right.

use std::process::Command;

/// Rules: CP43, CP46, CP56, CP58
#[test]
fn a_completion_port_server_in_c_serves_its_clients() {
    let run = Command::new(env!("CARGO_BIN_EXE_raw-server-test"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}: {errors}", run.status);
    assert_eq!(errors, "");
}
