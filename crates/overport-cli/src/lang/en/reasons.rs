//! Why something is missing, and what is wrong with a server.

use super::English;
use crate::lang::number::{count, duration};
use crate::lang::reasons::{ReasonTexts, ended_well};
use crate::lang::terms::TermTexts;
use crate::report::data::{Figure, Problem, Reason};
use crate::report::ranking::WhyUnranked;

impl ReasonTexts for English {
    fn figure(&self, figure: Figure) -> &'static str {
        match figure {
            Figure::Rounds => "the main load",
            Figure::Cpu => "CPU time",
            Figure::LatencyUs => "latency",
            Figure::RssPeakBytes => "peak memory",
            Figure::ThreadsPeak => "threads",
            Figure::SyscallsPerMessage => "system calls per message",
            Figure::ContextSwitchesPerMessage => "context switches per message",
            Figure::OverConnections => "the view over the number of connections",
            Figure::Stall => "the view of handlers that block",
            Figure::Idle => "the idle view",
            Figure::Flood => "the view of the flooded message queue",
            Figure::Sessions => "the view of short sessions",
        }
    }

    fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::NotAskedFor => "not asked for".into(),
            Reason::Problem => "not measured, since the server has a problem".into(),
            Reason::System { text } => format!("the system says: {text}"),
            Reason::TooFewMessages => "no message came through in the time".into(),
            Reason::NotTold => "neither the system nor the load says it".into(),
            Reason::NoSuchCall => "this system has no call that tells it".into(),
            Reason::NoQueueOfItsOwn => "it has no message queue of its own".into(),
            Reason::OneClientAtATime => "it serves one client at a time".into(),
            Reason::NoPlaceholder { placeholder } => {
                format!("its command does not contain {placeholder}")
            }
            Reason::DidNotBlock { stall_ms, took_us } => format!(
                "its handlers did not block: messages that ask for {stall_ms} ms took {}",
                duration(*took_us)
            ),
            Reason::MessageTooShort { least_bytes } => {
                format!("it takes messages of {} bytes or more", count(*least_bytes))
            }
            Reason::Descriptors { needed, limit } => format!(
                "it takes {} descriptors, and the limit is {}",
                count(*needed),
                count(*limit)
            ),
            Reason::LocalPorts { needed, limit } => format!(
                "it takes {} local ports, and there are {}",
                count(*needed),
                count(*limit)
            ),
            Reason::Failed { problem } => {
                format!("the server failed there: {}", self.problem(problem))
            }
        }
    }

    fn problem(&self, problem: &Problem) -> String {
        match problem {
            Problem::CannotStart { text } => format!("cannot be started: {text}"),
            Problem::Died { how } if ended_well(how) => {
                format!("ended by itself: {how}; a server must stay in the foreground")
            }
            Problem::Died { how } => format!("ended by itself: {how}"),
            Problem::NeverListened { after_s } => {
                format!(
                    "did not listen on 127.0.0.1 within {}",
                    self.seconds(*after_s)
                )
            }
            Problem::Refused { text } => format!("refused or dropped a connection: {text}"),
            Problem::Hung { after_s, text } => {
                format!("no answer for {}: {text}", self.seconds(*after_s))
            }
            Problem::Wrong { text } => format!("wrong answers: {text}"),
        }
    }

    fn why_unranked(&self, why: &WhyUnranked) -> String {
        match why {
            WhyUnranked::LoadLimited => {
                "limited by the load: the server may do more than was asked of it".into()
            }
            WhyUnranked::Problem => "it has a problem".into(),
            WhyUnranked::OneAtATime => {
                "it serves one client at a time and was measured by short sessions".into()
            }
            WhyUnranked::LoadLate => {
                "the load itself sent messages late, so the latency is not known".into()
            }
            WhyUnranked::Missing(reason) => self.reason(reason),
        }
    }
}
