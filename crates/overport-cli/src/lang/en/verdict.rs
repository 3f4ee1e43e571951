//! What the comparison comes to, in sentences.

use super::{English, counted};
use crate::lang::Names;
use crate::lang::number::{bytes, duration, percent, significant};
use crate::lang::terms::TermTexts;
use crate::lang::verdict::VerdictTexts;
use crate::report::verdict::{Because, Caveat, Change, PassedOver, WhyPassedOver};

impl VerdictTexts for English {
    fn choose(&self, name: &str, reasons: &[String]) -> String {
        format!(
            "For this load on this machine choose {name}, because {}.",
            reasons.join("; ")
        )
    }

    fn undecided(&self, names: &[&str], rounds: usize) -> String {
        format!(
            "There is no choice yet: at {} {} are not told apart well enough. More rounds tell \
             them apart (--rounds, --time), on a machine that does nothing else.",
            self.rounds(rounds as u64),
            self.list(names)
        )
    }

    fn no_choice(&self) -> &'static str {
        "There is nothing to choose: no server came through the main load with its cost measured."
    }

    fn caveat(&self, caveat: &Caveat) -> String {
        match *caveat {
            Caveat::Disturbed {
                disturbed,
                of,
                foreign_part,
            } => {
                let taken = foreign_part.map_or_else(String::new, |part| {
                    let part = percent(part);
                    format!("; other processes took {part} of the processors meanwhile")
                });
                let of = counted(of as u64, "measurement", "measurements");
                let verb = if disturbed == 1 { "was" } else { "were" };
                format!("Take this as provisional: {disturbed} of {of} {verb} disturbed{taken}.")
            }
        }
    }

    fn because(&self, because: &Because, chosen: usize, alone: bool, names: &Names<'_>) -> String {
        match because {
            Because::CostsLeast {
                cpu_us_per_message,
                next,
            } => {
                let cost = duration(*cpu_us_per_message);
                let next = next.as_ref().map_or_else(String::new, |(run, ratio)| {
                    let ratio = self.ratio(ratio);
                    format!(", and the next, {}, takes {ratio} as much", names.of(*run))
                });
                let least = if alone {
                    "it costs least"
                } else {
                    "none was measurably cheaper"
                };
                format!("{least}: {cost} of CPU per message{next}")
            }
            Because::AnswersSoonest { p99_us, rate_per_s } => format!(
                "it answers soonest of those that cost as little: p99 {} at {}",
                self.bounded_duration(*p99_us, names.latency_is_lower_bound(chosen)),
                self.messages_per_second(*rate_per_s)
            ),
            Because::BearsStalls { p99_us } => format!(
                "it stays quickest of those that cost as little when handlers block: p99 {}",
                duration(*p99_us)
            ),
            Because::ShortestCode { lines } => format!(
                "nothing that was measured tells it from those that cost as little, and its code is \
                 shortest: {}",
                self.lines(*lines)
            ),
            Because::ListedFirst => {
                "nothing that was measured tells it from those that cost as little, and it stands \
                 first in the list"
                    .into()
            }
            Because::OnlyCostKnown { cpu_us_per_message } => format!(
                "it is the only one whose cost is known: {} of CPU per message",
                duration(*cpu_us_per_message)
            ),
            Because::OnlyOne => "it is the only one that came through the main load".into(),
        }
    }

    fn as_cheap(&self, names: &[&str], rounds: usize) -> String {
        format!(
            "By cost it is {} from {}.",
            self.not_told_apart(rounds),
            self.list(names)
        )
    }

    fn passed_over(&self, passed_over: &PassedOver, names: &Names<'_>) -> String {
        let name = names.of(passed_over.run);
        match passed_over.why {
            WhyPassedOver::BurnsIdle { cpu_part } => format!(
                "{name} costs as little or less under load, but takes {} of a processor with nobody \
                 connected.",
                percent(cpu_part)
            ),
        }
    }

    fn changes_if(&self) -> &'static str {
        "It changes if"
    }

    fn change(&self, change: &Change, chosen: usize, names: &Names<'_>) -> String {
        let chosen_name = names.of(chosen);
        match change {
            Change::Connections {
                connections,
                run,
                ratio,
            } => format!(
                "the load has {}: {} then costs {} as much as {chosen_name}",
                self.connections(*connections),
                names.of(*run),
                self.times(*ratio)
            ),
            Change::HandlersBlock {
                run,
                p99_us,
                chosen_p99_us,
            } => format!(
                "handlers block: the p99 of {} is then {}, not {}",
                names.of(*run),
                self.bounded_duration(*p99_us, names.stall_is_lower_bound(*run)),
                self.bounded_duration(*chosen_p99_us, names.stall_is_lower_bound(chosen))
            ),
            Change::LatencyFirst {
                run,
                p99_us,
                chosen_p99_us,
            } => format!(
                "quick answers matter more than cost: the p99 of {} is {}, not {}",
                names.of(*run),
                self.bounded_duration(*p99_us, names.latency_is_lower_bound(*run)),
                self.bounded_duration(*chosen_p99_us, names.latency_is_lower_bound(chosen))
            ),
            Change::SpeedFirst {
                run,
                messages_per_s,
                chosen_messages_per_s,
            } => format!(
                "speed matters more than cost: {} echoes {}, not {}",
                names.of(*run),
                self.messages_per_second(*messages_per_s),
                significant(*chosen_messages_per_s)
            ),
            Change::IdleMemory {
                run,
                bytes: its_bytes,
                chosen_bytes,
            } => format!(
                "many connections are idle: {} takes {} of memory for each, not {}",
                names.of(*run),
                bytes(*its_bytes),
                bytes(*chosen_bytes)
            ),
            Change::ChosenStops { connections } => format!(
                "there are more than {}: it stops there",
                self.connections(*connections)
            ),
            Change::SimplerCode { run, lines, ratio } => format!(
                "short code matters more than cost: {} has {}, and costs {} as much as {chosen_name}",
                names.of(*run),
                self.lines(*lines),
                self.times(*ratio)
            ),
        }
    }
}
