//! How many system calls a running server makes.

use super::reason;
use super::server::ServerProcess;
use crate::report::data::{Reason, SyscallCounter};
use crate::sys::calls::Counting;

/// The system calls of a server's processes, being counted.
///
/// Calls count when they begin. What the system does for an io_uring without a call does not.
/// Where only tracing is permitted, the server is slower meanwhile, so nothing else can be
/// measured in this time, and a call of it that waits when the counting begins or ends may fail
/// with EINTR, as it may at any signal. The server runs on when this is finished or dropped.
#[derive(Debug)]
pub(crate) struct SyscallCount(Counting);

impl SyscallCount {
    /// Begins to count, by the system's own counters where they are permitted, or else by tracing.
    pub(crate) fn begin(server: &ServerProcess) -> Result<Self, Reason> {
        Counting::begin(server.group()).map(Self).map_err(reason)
    }

    /// What counts them.
    pub(crate) fn counter(&self) -> SyscallCounter {
        match self.0.is_tracing() {
            true => SyscallCounter::Tracing,
            false => SyscallCounter::PerfEvents,
        }
    }

    /// Ends counting, and tells how many there were.
    pub(crate) fn end(self) -> Result<u64, Reason> {
        self.0.end().map_err(reason)
    }
}

// Linux only: elsewhere nothing counts them.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::{self, Read};
    use std::net::{SocketAddr, TcpStream};

    use rustix::process::{Pid, Signal, kill_process};

    use super::super::fake::{ANSWER_BYTES, PATIENCE, listening, listening_after};
    use super::*;
    use crate::report::data::Problem;
    use crate::sys::perf::Counter;
    use crate::sys::process;
    use crate::sys::trace::Tracer;

    const CLIENTS: u64 = 5;

    /// None where the system forbids it.
    fn permitted<T>(attached: io::Result<T>) -> Option<T> {
        match attached {
            Ok(attached) => Some(attached),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
            Err(error) => panic!("{error}"),
        }
    }

    fn trace(server: &ServerProcess) -> Option<Tracer> {
        permitted(Tracer::attach(*server.group()))
    }

    /// Has clients answered; the server makes a system call for each byte, on a thread of its own
    /// for each client.
    fn be_answered(server: SocketAddr) {
        for _ in 0..CLIENTS {
            let mut client = TcpStream::connect(server).unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).unwrap();
            assert_eq!(answer.len(), ANSWER_BYTES);
        }
    }

    fn assert_plausible(count: u64) {
        let bytes = CLIENTS * ANSWER_BYTES as u64;
        // Threads cost some more, but not twice as many.
        assert!(
            (bytes..2 * bytes).contains(&count),
            "{count} calls for {bytes} bytes"
        );
    }

    fn send(server: &ServerProcess, signal: Signal) {
        kill_process(Pid::from_raw(*server.group()).unwrap(), signal).unwrap();
    }

    fn how_it_died(server: &ServerProcess) -> String {
        server.wait_for_end(PATIENCE);
        match server.died() {
            Some(Problem::Died { how }) => how,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_system_counts_calls_of_all_threads() {
        let server = listening();
        if let Some(counter) = permitted(Counter::attach(*server.group())) {
            be_answered(server.address());
            assert_plausible(counter.count().unwrap());
        }
    }

    #[test]
    fn tracing_counts_calls_of_all_threads_and_then_leaves_the_server_alone() {
        let server = listening();
        if let Some(tracer) = trace(&server) {
            be_answered(server.address());
            assert_plausible(tracer.detach().unwrap());
            be_answered(server.address());
            assert_eq!(server.died(), None);
        }
    }

    #[test]
    fn processes_that_come_and_go_do_not_hold_up_the_tracer() {
        let server = listening_after("while :; do sleep 0.001; done &");
        if let Some(tracer) = trace(&server) {
            be_answered(server.address());
            assert!(tracer.detach().unwrap() > CLIENTS * ANSWER_BYTES as u64);
            be_answered(server.address());
        }
    }

    #[test]
    fn a_traced_server_gets_its_signals_and_its_end_is_seen() {
        for (signal, how) in [(Signal::TERM, "signal 15"), (Signal::KILL, "signal 9")] {
            let server = listening_after("sleep 600 2>/dev/null &");
            if let Some(tracer) = trace(&server) {
                send(&server, signal);
                assert_eq!(how_it_died(&server), how);
                // Its worker is still there to be let go, and runs on.
                tracer.detach().unwrap();
                let members = process::members(*server.group()).unwrap();
                assert!(!members.into_iter().any(process::is_stopped));
                assert_eq!(how_it_died(&server), how);
            }
        }
    }

    #[test]
    fn a_traced_server_can_be_stopped_and_continued() {
        let server = listening();
        if let Some(tracer) = trace(&server) {
            send(&server, Signal::STOP);
            send(&server, Signal::CONT);
            be_answered(server.address());
            drop(tracer);
            be_answered(server.address());
        }
    }

    #[test]
    fn processes_that_start_others_meanwhile_can_be_attached_to() {
        let server = listening_after("while :; do (:); done & while :; do (:); done &");
        if let Some(tracer) = trace(&server) {
            tracer.detach().unwrap();
            for _ in 0..40 {
                Tracer::attach(*server.group()).unwrap().detach().unwrap();
            }
        }
    }

    #[test]
    fn without_a_process_there_is_nothing_to_count() {
        let server = listening();
        let group = *server.group();
        server.end();
        assert!(Tracer::attach(group).is_err());
    }

    #[test]
    fn it_is_said_what_counts() {
        let server = listening();
        match SyscallCount::begin(&server) {
            Ok(count) => {
                let by_system = permitted(Counter::attach(*server.group())).is_some();
                assert_eq!(count.counter() == SyscallCounter::PerfEvents, by_system);
                be_answered(server.address());
                assert_plausible(count.end().unwrap());
            }
            Err(Reason::System { text }) => assert!(text.contains("ptrace"), "{text}"),
            Err(other) => panic!("{other:?}"),
        }
    }
}
