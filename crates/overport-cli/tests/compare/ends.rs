//! Comparisons that end before they are over.

use std::fs;
use std::io::ErrorKind;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

use crate::ended::Ended;
use crate::process::{Interrupt, apart, interrupt, sockets};
use crate::servers::{faulty, right};
use crate::{compare_only, run};

/// Those of [`crate::SHORT`].
const CONNECTIONS: usize = 4;

const DEADLINE: Duration = Duration::from_secs(10);

/// Rules: PR29
#[test]
fn ctrl_c_ends_the_servers_and_leaves_nothing() {
    let folder = std::env::temp_dir().join(format!("overport-{:016x}", fastrand::u64(..)));
    let options = format!("--patience 60 --output {}", folder.display());
    let never = [faulty("never", "--fault never-listens")];
    let (ended, server) = interrupted(compare_only(&options, &never), |_| true);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""));
    assert_eq!(ended.line(), "overport: interrupted");
    assert!(has_ended(server));
    assert!(!folder.exists());
}

/// Rules: PR29
#[test]
fn ctrl_c_ends_a_load_that_is_under_way() {
    let long = "--round-seconds 60";
    let is_loaded = |server| sockets(server) > CONNECTIONS;
    let (ended, server) = interrupted(compare_only(long, &[right("one")]), is_loaded);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""));
    assert!(has_ended(server));
}

/// Rules: PR29
#[test]
fn a_server_that_leaves_its_group_is_ended_all_the_same() {
    let file = std::env::temp_dir().join(format!("overport-{:016x}", fastrand::u64(..)));
    let script = format!("setsid sleep 600 & echo $! >{}; exit 0", file.display());
    let server = format!("daemon=sh -c '{script}' {{port}}");
    let ended = run(compare_only("", &[server]));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let daemon = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(has_ended(
        Pid::from_raw(daemon.trim().parse().unwrap()).unwrap()
    ));
}

/// Runs the command until it has a server that is `ready`, which it is interrupted with; how it
/// ended, and the server.
fn interrupted(mut command: Command, ready: impl Fn(i32) -> bool) -> (Ended, Pid) {
    let comparison = apart(&mut command)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + DEADLINE;
    let children = format!("/proc/{0}/task/{0}/children", comparison.id());
    let server = loop {
        let tasks = fs::read_dir(format!("/proc/{}/task", comparison.id())).unwrap();
        let child = tasks.flatten().find_map(|task| {
            let children = fs::read_to_string(task.path().join("children")).ok()?;
            children.split(' ').next()?.parse().ok()
        });
        if let Some(child) = child.filter(|&child| ready(child)) {
            break child;
        }
        assert!(Instant::now() < deadline, "no server: {children}");
        thread::yield_now();
    };
    interrupt(&comparison, Interrupt::CtrlC);
    let ended = comparison.wait_with_output().unwrap().into();
    (ended, Pid::from_raw(server).unwrap())
}

fn has_ended(server: Pid) -> bool {
    match test_kill_process(server) {
        Err(error) => error.kind() == ErrorKind::NotFound || error == rustix::io::Errno::SRCH,
        Ok(()) => false,
    }
}
