//! A server as a child process: started, bound to processors, and ended with all it started.

use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::command::{Listens, ServerCommand};
use super::listening::{Listening, Probe, free_port};
use super::stderr::Tail;
use crate::report::data::Problem;
use crate::sys::group::{Group, GroupId};

/// How long a server that is asked to end may take.
const GRACE: Duration = Duration::from_secs(2);

/// How long what a dead server said may be on its way. A worker that it left may hold the stream
/// open for longer than anybody wants to wait.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A running server that listens. It ends, with every process of its group, when this is
/// dropped.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    running: Running,
    listening: Listening,
}

/// Why there is no server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NotStarted {
    Problem(Problem),
    /// The user has asked for the end meanwhile.
    Stopped,
}

impl ServerProcess {
    /// Starts a server on `cpus` and waits until it listens, no longer than `patience`, and no
    /// longer than `stop` says no.
    ///
    /// It leads a process group of its own, so that the terminal's Ctrl-C does not reach it. It
    /// has no standard input. What a given command prints is thrown away; its port is tried by
    /// clients that leave as soon as they are connected, so it may have seen one.
    pub(crate) fn start(
        command: &ServerCommand,
        cpus: &[usize],
        patience: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, NotStarted> {
        let began = Instant::now();
        let (running, mut probe) = run(command, cpus)?;
        loop {
            if stop() {
                return Err(NotStarted::Stopped);
            }
            if let Some(listening) = probe.look(&running.group).map_err(cannot_start)? {
                return Ok(Self { running, listening });
            }
            if let Some(problem) = running.died() {
                return Err(NotStarted::Problem(problem));
            }
            if began.elapsed() >= patience {
                let after_s = patience.as_secs_f64();
                return Err(NotStarted::Problem(Problem::NeverListened { after_s }));
            }
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// What its model rests on, as it announced; none of a given command.
    pub(crate) fn rests_on(&self) -> Option<&str> {
        self.listening.rests_on.as_deref()
    }

    /// What names its process group, by which the system tells what it uses.
    pub(crate) fn group(&self) -> &GroupId {
        self.running.group.id()
    }

    /// What to say of a server that has ended by itself; none as long as it runs. Where it has,
    /// waits up to a fifth of a second for the end of what it said.
    pub(crate) fn died(&self) -> Option<Problem> {
        self.running.died()
    }

    /// Waits until it has ended by itself, no longer than `patience`.
    // Linux only: the tests that need it end it by signals.
    #[cfg(all(test, target_os = "linux"))]
    pub(super) fn wait_for_end(&self, patience: Duration) {
        self.running.group.wait(patience);
    }

    /// Ends it, as dropping it does: asks every process of its group to end, and ends by force
    /// those that are left when the first has ended or two seconds are over. Blocks until then.
    pub(crate) fn end(self) {}
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.running.group.end(GRACE);
    }
}

/// A server of which it is not known whether it listens; dropping it ends it at once.
#[derive(Debug)]
struct Running {
    group: Group,
    stderr: Tail,
}

fn run(command: &ServerCommand, cpus: &[usize]) -> Result<(Running, Probe), NotStarted> {
    let (mut command, listens) = command.to_run(free_port).map_err(cannot_start)?;
    let stdout = match listens {
        Listens::Announced => Stdio::piped(),
        Listens::At { .. } => Stdio::null(),
    };
    command
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped());
    let program = command.get_program().to_string_lossy().into_owned();
    let named = |error| io::Error::other(format!("{program}: {error}"));
    let mut group = Group::start(command, cpus).map_err(|error| cannot_start(named(error)))?;
    let child = group.child();
    let no_pipe = || io::ErrorKind::BrokenPipe.into();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let probe = match listens {
        Listens::Announced => stdout.ok_or_else(no_pipe).and_then(Probe::announcement),
        Listens::At { port } => Ok(Probe::connect(port)),
    };
    let probe = probe.map_err(cannot_start)?;
    let stderr = stderr.ok_or_else(no_pipe).and_then(Tail::of);
    let stderr = stderr.map_err(cannot_start)?;
    Ok((Running { group, stderr }, probe))
}

impl Running {
    fn died(&self) -> Option<Problem> {
        let how = match self.group.ended() {
            Ok(None) => return None,
            Ok(Some(how)) => how.to_string(),
            Err(error) => error.to_string(),
        };
        let how = match self.stderr.last_line(LAST_WORDS) {
            Some(line) => format!("{how}: {line}"),
            None => how,
        };
        Some(Problem::Died { how })
    }
}

fn cannot_start(error: io::Error) -> NotStarted {
    let text = error.to_string();
    NotStarted::Problem(Problem::CannotStart { text })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::net::TcpStream;

    use super::super::fake::{
        EXIT_CODE, LAST_WORDS, PATIENCE, dying_command, listening, listening_command,
        silent_command, start,
    };
    use super::*;
    use crate::sys::affinity;
    use crate::sys::members::Members;

    pub(super) fn problem(command: &str) -> Problem {
        match start(command) {
            Err(NotStarted::Problem(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    /// Nothing of the group runs; who was not waited for by its own parent may still be listed.
    pub(super) fn is_gone(group: &GroupId) -> bool {
        let size = Members::of(group).and_then(|members| members.size());
        size.map_or(true, |size| size.rss_bytes == 0)
    }

    #[test]
    fn a_program_that_does_not_exist_can_t_be_started() {
        let Problem::CannotStart { text } = problem("./no-such-program {port}") else {
            panic!("another problem");
        };
        assert!(text.contains("./no-such-program"), "{text}");
    }

    #[test]
    fn a_processor_that_does_not_exist_is_a_reason_not_to_start() {
        let command = ServerCommand::given(&silent_command()).unwrap();
        let refused = ServerProcess::start(&command, &[usize::MAX], PATIENCE, &|| false);
        assert!(matches!(
            refused,
            Err(NotStarted::Problem(Problem::CannotStart { .. }))
        ));
    }

    #[test]
    fn a_server_that_ends_is_reported_with_how_and_its_last_words() {
        let how = format!("exit code {EXIT_CODE}: {LAST_WORDS}");
        assert_eq!(problem(&dying_command()), Problem::Died { how });
    }

    #[test]
    fn a_server_that_never_listens_is_given_up() {
        let command = ServerCommand::given(&silent_command()).unwrap();
        let patience = Duration::from_millis(20);
        let cpus = affinity::usable().unwrap();
        let given_up = ServerProcess::start(&command, &cpus, patience, &|| false);
        let after_s = patience.as_secs_f64();
        assert_eq!(
            given_up.unwrap_err(),
            NotStarted::Problem(Problem::NeverListened { after_s })
        );
    }

    #[test]
    fn the_user_s_wish_ends_a_start() {
        let command = ServerCommand::given(&silent_command()).unwrap();
        let looks = Cell::new(0);
        let stop = || {
            looks.set(looks.get() + 1);
            looks.get() > 2
        };
        let cpus = affinity::usable().unwrap();
        let stopped = ServerProcess::start(&command, &cpus, PATIENCE, &stop);
        assert_eq!(stopped.unwrap_err(), NotStarted::Stopped);
    }

    #[test]
    fn a_server_that_listens_can_be_connected_to_until_it_is_ended() {
        let server = listening();
        let (address, group) = (server.address(), server.group().to_owned());
        TcpStream::connect(address).unwrap();
        assert_eq!(server.died(), None);
        server.end();
        assert!(is_gone(&group));
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn a_server_runs_on_the_processors_that_it_is_given() {
        let last = *affinity::usable().unwrap().last().unwrap();
        let command = ServerCommand::given(&listening_command()).unwrap();
        let server = ServerProcess::start(&command, &[last], PATIENCE, &|| false).unwrap();
        assert_eq!(affinity::of(server.group()).unwrap(), [last]);
    }
}

// Linux only: a shell of POSIX makes what is ended, and signals end it.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod signal_tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::super::fake::{PATIENCE, listening, listening_after};
    use super::tests::{is_gone, problem};
    use super::*;
    use crate::sys::process;

    #[test]
    fn a_server_that_a_signal_ends_is_reported_with_it() {
        let how = "signal 9".to_owned();
        assert_eq!(problem("sh -c 'kill -9 $$' {port}"), Problem::Died { how });
    }

    #[test]
    fn a_server_that_prints_a_lot_is_not_held_up() {
        // More than a pipe holds, before it listens.
        let lot = "head -c 1000000 /dev/zero | tr '\\0' x";
        drop(listening_after(&format!("{lot}; {lot} >&2;")));
    }

    #[test]
    fn workers_are_ended_with_their_server() {
        let server = listening_after("sleep 600 & sleep 600 &");
        let group = *server.group();
        assert!(process::members(group).unwrap().len() >= 3);
        server.end();
        assert!(is_gone(&group));
    }

    #[test]
    fn who_does_not_want_to_end_is_made_to() {
        let mut server = listening_after("trap '' TERM; sleep 600 &");
        let group = *server.group();
        // The grace of two seconds is not this test's to wait for.
        server.running.group.end(Duration::from_millis(10));
        assert!(is_gone(&group));
    }

    #[test]
    fn a_panic_leaves_nothing_behind() {
        let mut group = 0;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let server = listening_after("sleep 600 &");
            group = *server.group();
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(panicked.is_err());
        assert!(is_gone(&group));
    }

    #[test]
    fn a_death_under_load_is_noticed() {
        let server = listening();
        let leader = rustix::process::Pid::from_raw(*server.group()).unwrap();
        rustix::process::kill_process(leader, rustix::process::Signal::ABORT).unwrap();
        server.wait_for_end(PATIENCE);
        assert!(
            matches!(server.died(), Some(Problem::Died { how }) if how.starts_with("signal 6"))
        );
    }
}
