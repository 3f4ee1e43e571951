//! A client: one connection after the other to the server, each from the connect to the
//! server's end of the stream.

mod messages;

use std::io::{self, Read};
use std::net::Shutdown;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::exchange::Exchange;
use super::fault::Fault;
use super::work::Work;
use crate::sys::edge::PARTIAL_READ_IS_ENOUGH;

/// Where a client stands with its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has none and wants one.
    Resting,
    Connecting,
    Active,
    /// It is established, and held without a message, or without a further one.
    Held,
    /// Its sending direction is closed; the end of the stream is waited for.
    Closing,
    /// It has none and wants none.
    Gone,
}

/// A client and the connection that it has.
#[derive(Debug)]
pub(super) struct Client {
    number: u64,
    holds: bool,
    /// It has not been established, and greeted where it is to be.
    awaited: bool,
    /// A message of it has come back.
    answered: bool,
    /// Its index among the active clients of its thread.
    place: u64,
    phase: Phase,
    stream: Option<TcpStream>,
    connection: u64,
    exchange: Exchange,
    /// Messages that its earlier connections carried.
    before: u64,
    /// Messages of its share that are not released yet.
    left: u64,
    /// In an open loop, messages that are due and not released yet.
    due: u64,
    /// When the messages in flight were released, in a closed loop.
    released_ns: Box<[u64]>,
    /// When its connection was begun.
    connect_ns: u64,
    /// Since when the server owes something, if it does.
    since_ns: u64,
}

impl Client {
    /// The active client `number`, the `place`-th of its thread.
    pub(super) fn active(number: u64, place: u64, share: u64, in_flight: u64) -> Self {
        let stamps = usize::try_from(in_flight.min(share)).unwrap_or(usize::MAX);
        Self {
            number,
            holds: false,
            awaited: share > 0,
            answered: false,
            place,
            phase: if share == 0 {
                Phase::Gone
            } else {
                Phase::Resting
            },
            stream: None,
            connection: number,
            exchange: Exchange::new(number),
            before: 0,
            left: share,
            due: 0,
            released_ns: vec![0; stamps].into_boxed_slice(),
            connect_ns: 0,
            since_ns: 0,
        }
    }

    /// A client that holds a connection and sends nothing, or one message first.
    pub(super) fn held(number: u64, greets: bool) -> Self {
        Self {
            holds: true,
            awaited: true,
            phase: Phase::Resting,
            // No active connection has such a number, and none of these is marked.
            exchange: Exchange::new(!number),
            ..Self::active(number, 0, u64::from(greets), 1)
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    /// Whether it is to come yet, for the first time.
    pub(super) fn is_awaited(&self) -> bool {
        self.awaited
    }

    /// Whether this is when it has come for the first time, or will not any more.
    pub(super) fn arrives(&mut self) -> bool {
        let is_there = match self.phase {
            Phase::Resting | Phase::Connecting => false,
            Phase::Active => !self.holds,
            Phase::Held | Phase::Closing | Phase::Gone => true,
        };
        is_there && std::mem::take(&mut self.awaited)
    }

    /// Whether it is an active client to whom nothing came back whole.
    pub(super) fn is_starved(&self) -> bool {
        !self.holds && !self.answered
    }

    /// Whether answers are under way on a connection that was answered before. On another they may
    /// wait for the end of a third.
    pub(super) fn is_being_answered(&self) -> bool {
        self.phase == Phase::Active && self.exchange.in_flight() > 0 && self.exchange.echoed() > 0
    }

    /// The number of its present connection, or of its last.
    pub(super) fn connection(&self) -> u64 {
        self.connection
    }

    /// Since when the server owes an answer of any kind.
    pub(super) fn waits_since_ns(&self) -> Option<u64> {
        let waits = match self.phase {
            Phase::Connecting | Phase::Closing => true,
            Phase::Active => self.exchange.in_flight() > 0,
            Phase::Resting | Phase::Held | Phase::Gone => false,
        };
        waits.then_some(self.since_ns)
    }

    /// What is wrong when the server has stopped answering.
    pub(super) fn stalled(&self, work: &Work<'_>) -> Fault {
        match self.phase {
            Phase::Connecting => Fault::NotAccepted,
            Phase::Closing => Fault::NotClosed,
            _ => self.exchange.stalled(work.run.pattern),
        }
    }

    /// Begins to connect.
    pub(super) fn connect(
        &mut self,
        registry: &Registry,
        token: Token,
        work: &Work<'_>,
    ) -> Result<(), Fault> {
        self.phase = Phase::Connecting;
        self.since_ns = work.run.now_ns();
        self.connect_ns = self.since_ns;
        let stream = open(registry, token, work).map_err(|error| Fault::connect(&error))?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Does what an event of its connection makes possible.
    pub(super) fn on_event(&mut self, event: &Event, work: &mut Work<'_>) -> Result<(), Fault> {
        if self.phase == Phase::Connecting {
            self.finish_connect(work)?;
        }
        let ending = event.is_read_closed() || event.is_error();
        if matches!(self.phase, Phase::Active | Phase::Held | Phase::Closing)
            && (event.is_readable() || ending)
        {
            self.receive(ending, work)?;
        }
        self.advance(work)
    }

    /// One more message is due, in an open loop.
    pub(super) fn add_due(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        self.due += 1;
        self.advance(work)
    }

    /// Sends what may be sent; closes the sending direction when the connection is through.
    pub(super) fn advance(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        if self.phase != Phase::Active {
            return Ok(());
        }
        self.release(work);
        self.send(work)?;
        let through = work.stopping || self.left == 0 || self.quota(work) == 0;
        let waits = work.stopping && work.run.span.keeps_open();
        if !through || waits || self.exchange.in_flight() > 0 {
            return Ok(());
        }
        if self.holds {
            work.tally.held += 1;
            self.phase = Phase::Held;
        } else {
            self.phase = Phase::Closing;
            self.since_ns = work.run.now_ns();
            self.stream()
                .shutdown(Shutdown::Write)
                .map_err(|error| self.broken(&error))?;
        }
        Ok(())
    }

    /// The time is over: gives up a connection that is not there yet, and ends one with
    /// nothing in flight, unless the window keeps it open.
    pub(super) fn stop(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        self.count_unsent(work);
        if !self.holds && matches!(self.phase, Phase::Resting | Phase::Connecting) {
            work.tally.never_established += u64::from(self.connection == self.number);
            self.abandon();
        }
        self.advance(work)
    }

    /// Lets go of the connection, for good.
    pub(super) fn abandon(&mut self) {
        self.stream = None;
        self.phase = Phase::Gone;
    }

    fn finish_connect(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        let stream = self.stream();
        let failed = stream.take_error().unwrap_or_else(Some);
        if let Some(error) = failed {
            return Err(Fault::connect(&error));
        }
        match stream.peer_addr() {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotConnected => return Ok(()),
            Err(error) => return Err(Fault::connect(&error)),
        }
        work.run.establish();
        self.phase = Phase::Active;
        let now_ns = work.run.now_ns();
        if !self.holds && work.run.span.counts(now_ns) {
            let took_ns = now_ns - self.connect_ns;
            work.tally.connecting.record_ns(took_ns);
        }
        Ok(())
    }

    /// Reads and checks what is there. A read that does not fill the buffer has taken all of
    /// it, and where the system has edges the next one tells of more; only an end needs one more
    /// read to be seen.
    fn receive(&mut self, ending: bool, work: &mut Work<'_>) -> Result<(), Fault> {
        loop {
            match self.stream().read(&mut work.buffer) {
                Ok(0) => return self.end(work),
                Ok(bytes) => {
                    self.take_echo(bytes, work)?;
                    if PARTIAL_READ_IS_ENOUGH && bytes < work.buffer.len() && !ending {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    /// The server ended the stream.
    fn end(&mut self, work: &mut Work<'_>) -> Result<(), Fault> {
        self.exchange.end(work.run.pattern)?;
        if self.phase != Phase::Closing {
            return Err(Fault::ClosedIdle);
        }
        let now_ns = work.run.now_ns();
        if work.run.span.counts(now_ns) {
            work.tally.closing.record_ns(now_ns - self.since_ns);
        }
        self.stream = None;
        if self.left == 0 || work.stopping {
            self.phase = Phase::Gone;
        } else {
            self.phase = Phase::Resting;
            self.before += self.exchange.released();
            self.connection += work.run.plan.connections;
            self.exchange = Exchange::new(self.connection);
        }
        Ok(())
    }

    fn broken(&self, error: &io::Error) -> Fault {
        Fault::broken(self.exchange.echoed(), error)
    }

    fn stream(&mut self) -> &mut TcpStream {
        // INVARIANT: every phase between Resting and Gone has a stream.
        self.stream.as_mut().expect("a connection in this phase")
    }
}

fn open(registry: &Registry, token: Token, work: &Work<'_>) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(work.run.plan.target)?;
    stream.set_nodelay(true)?;
    // Both at once and for good: being told of room to send costs nothing while there is room.
    registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
    Ok(stream)
}
