//! The port that a server is to have: for how many threads, and on which back-end.

use std::fmt;

use overport::completion_port::{Backend, Builder};

use super::CompletionPort;
use super::backend::{NoPort, RestsOn};
use crate::sys::affinity;

/// What was asked for; the default is what is best here.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::serve) struct Setup {
    pub(in crate::serve) threads: Option<usize>,
    pub(in crate::serve) concurrency: Option<usize>,
    pub(in crate::serve) backend: Option<Backend>,
    pub(in crate::serve) handlers_block: bool,
}

/// A port to serve at.
#[derive(Debug)]
pub(in crate::serve) struct Opened {
    pub(super) port: CompletionPort,
    pub(super) threads: usize,
    pinned: bool,
    pub(super) rests_on: RestsOn,
}

impl Setup {
    /// Makes the port, which says what it rests on.
    pub(in crate::serve) fn open(&self) -> Result<Opened, NoPort> {
        let threads = self.threads();
        let pinned = self.pinned(threads);
        let port = self.builder(pinned).build();
        let port: CompletionPort = port.map_err(|error| NoPort::new(error, self.backend))?;
        let reason = match self.backend {
            Some(_) => "asked for by --backend",
            None => port.backend_reason(),
        };
        let rests_on = RestsOn {
            backend: port.backend(),
            reason: reason.to_owned(),
        };
        Ok(Opened {
            port,
            threads,
            pinned,
            rests_on,
        })
    }

    /// As many as run at once. Those that take the place of one that blocks come in only where
    /// handlers block: the port looks after a running thread as long as another waits, and that
    /// takes some of the processor's time.
    fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| {
            let running = self.concurrency.unwrap_or_else(affinity::parallelism);
            match self.handlers_block {
                true => running + SPARE_THREADS,
                false => running,
            }
        })
    }

    /// One thread has a port to itself as long as its handlers do not block.
    fn pinned(&self, threads: usize) -> bool {
        threads == 1 && self.concurrency.unwrap_or(1) == 1 && !self.handlers_block
    }

    fn builder(&self, pinned: bool) -> Builder {
        // A pinned port has one thread anyhow, whose number is not to be told.
        let running = match self.concurrency {
            None if pinned => 0,
            running => running.unwrap_or_else(affinity::parallelism),
        };
        let builder = Builder::new().concurrency(running);
        let builder = match self.backend {
            Some(backend) => builder.backend(backend),
            None => builder,
        };
        match pinned {
            true => builder.pinned(),
            false => builder,
        }
    }
}

/// So many handlers may block while all processors are busy.
const SPARE_THREADS: usize = 8;

impl Opened {
    pub(in crate::serve) fn backend(&self) -> Backend {
        self.rests_on.backend
    }
}

/// What the port rests on and why, and its threads: a line of the log.
impl fmt::Display for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RestsOn { backend, reason } = &self.rests_on;
        write!(formatter, "the port rests on {backend} ({reason}); ")?;
        match (self.pinned, self.threads) {
            (true, _) => formatter.write_str("one thread: pinned"),
            (false, 1) => formatter.write_str("one thread, not pinned"),
            (false, threads) => {
                let running = self.port.concurrency();
                write!(formatter, "{threads} threads, {running} at a time")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(threads: usize) -> Setup {
        Setup {
            threads: Some(threads),
            ..Setup::default()
        }
    }

    #[test]
    fn one_thread_whose_handlers_do_not_block_has_the_port_to_itself() {
        let shared = Setup {
            concurrency: Some(2),
            ..setup(1)
        };
        let blocking = Setup {
            handlers_block: true,
            ..setup(1)
        };
        assert!(setup(1).pinned(1));
        assert!(![setup(2).pinned(2), shared.pinned(1), blocking.pinned(1)].contains(&true));
    }

    #[test]
    fn as_many_threads_as_run_at_once_and_more_where_handlers_block() {
        let mut setup = Setup {
            concurrency: Some(3),
            ..Setup::default()
        };
        assert_eq!(setup.threads(), 3);
        setup.handlers_block = true;
        assert_eq!(setup.threads(), 3 + SPARE_THREADS);
        setup.threads = Some(2);
        assert_eq!(setup.threads(), 2);
    }
}
