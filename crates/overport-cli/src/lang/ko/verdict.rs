//! What the comparison comes to, in sentences.

use super::Korean;
use super::particle::{Particle, with};
use crate::lang::Names;
use crate::lang::number::{bytes, duration, percent, significant};
use crate::lang::terms::TermTexts;
use crate::lang::verdict::VerdictTexts;
use crate::report::verdict::{Because, Caveat, Change, PassedOver, WhyPassedOver};

impl VerdictTexts for Korean {
    fn choose(&self, name: &str, reasons: &[String]) -> String {
        format!(
            "이 컴퓨터에서 이 부하에는 {} 선택하십시오. {}",
            with(name, Particle::Object),
            reasons.join(" ")
        )
    }

    fn undecided(&self, names: &[&str], rounds: usize) -> String {
        format!(
            "아직 선택할 수 없습니다. {}로는 다음 서버의 비용이 선택할 수 있을 만큼 구별되지 않습니다: {}. 다른 \
             일을 하지 않는 컴퓨터에서 라운드를 늘려(--rounds, --time) 측정하면 구별됩니다.",
            self.rounds(rounds as u64),
            self.list(names)
        )
    }

    fn no_choice(&self) -> &'static str {
        "선택할 수 있는 서버가 없습니다. 기본 부하를 끝까지 처리하고 비용도 측정된 서버가 없습니다."
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
                    format!(" 그동안 다른 프로세스가 프로세서의 {part}를 썼습니다.")
                });
                format!(
                    "이 결론은 잠정적입니다. 측정 {of}회 중 {disturbed}회가 방해를 받았습니다.{taken}"
                )
            }
        }
    }

    fn because(&self, because: &Because, chosen: usize, alone: bool, names: &Names<'_>) -> String {
        match because {
            Because::CostsLeast {
                cpu_us_per_message,
                next,
            } => {
                let least = if alone {
                    "비용이 가장 적기 때문입니다."
                } else {
                    "비용이 확실히 더 적은 서버가 없기 때문입니다."
                };
                let cost = duration(*cpu_us_per_message);
                match next {
                    Some((run, ratio)) => format!(
                        "{least} 메시지당 CPU 시간은 {cost}이고, 그다음인 {} 이것의 {}입니다.",
                        with(names.of(*run), Particle::Topic),
                        self.ratio(ratio)
                    ),
                    None => format!("{least} 메시지당 CPU 시간은 {cost}입니다."),
                }
            }
            Because::AnswersSoonest { p99_us, rate_per_s } => format!(
                "비용이 비슷한 서버 중에서 응답이 가장 빠릅니다. {}를 보낼 때 p99는 {}입니다.",
                self.messages_per_second(*rate_per_s),
                self.bounded_duration(*p99_us, names.latency_is_lower_bound(chosen))
            ),
            Because::BearsStalls { p99_us } => format!(
                "비용이 비슷한 서버 중에서 처리기가 블록될 때의 응답이 가장 빠릅니다. 이때 p99는 \
                 {}입니다.",
                duration(*p99_us)
            ),
            Because::ShortestCode { lines } => format!(
                "비용이 비슷한 서버들과 측정한 수치로는 구별되지 않지만 코드가 {}로 가장 짧습니다.",
                self.lines(*lines)
            ),
            Because::ListedFirst => {
                "비용이 비슷한 서버들과 측정한 수치로는 구별되지 않으며, 그중 목록의 첫 번째 서버입니다.".into()
            }
            Because::OnlyCostKnown { cpu_us_per_message } => format!(
                "비용이 측정된 유일한 서버입니다. 메시지당 CPU 시간은 {}입니다.",
                duration(*cpu_us_per_message)
            ),
            Because::OnlyOne => "기본 부하를 끝까지 처리한 유일한 서버입니다.".into(),
        }
    }

    fn as_cheap(&self, names: &[&str], rounds: usize) -> String {
        format!(
            "다음 서버와의 비용 차이는 {}로는 구별되지 않습니다: {}.",
            self.rounds(rounds as u64),
            self.list(names)
        )
    }

    fn passed_over(&self, passed_over: &PassedOver, names: &Names<'_>) -> String {
        let name = with(names.of(passed_over.run), Particle::Topic);
        match passed_over.why {
            WhyPassedOver::BurnsIdle { cpu_part } => format!(
                "{name} 부하가 있을 때의 비용은 같거나 더 적지만, 연결이 하나도 없을 때에도 \
                 프로세서 하나의 {}를 씁니다.",
                percent(cpu_part)
            ),
        }
    }

    fn changes_if(&self) -> &'static str {
        "다음 경우에는 선택이 달라집니다"
    }

    fn change(&self, change: &Change, chosen: usize, names: &Names<'_>) -> String {
        let chosen_name = names.of(chosen);
        match change {
            Change::Connections {
                connections,
                run,
                ratio,
            } => format!(
                "{}에서는 {}의 비용이 {chosen_name}의 {}입니다.",
                self.connections(*connections),
                names.of(*run),
                self.times(*ratio)
            ),
            Change::HandlersBlock {
                run,
                p99_us,
                chosen_p99_us,
            } => format!(
                "처리기가 블록되면 {}의 p99는 {}로, 선택한 서버의 {}보다 짧습니다.",
                names.of(*run),
                self.bounded_duration(*p99_us, names.stall_is_lower_bound(*run)),
                self.bounded_duration(*chosen_p99_us, names.stall_is_lower_bound(chosen))
            ),
            Change::LatencyFirst {
                run,
                p99_us,
                chosen_p99_us,
            } => format!(
                "비용보다 빠른 응답이 중요하면 {}의 p99가 {}로, 선택한 서버의 {}보다 짧습니다.",
                names.of(*run),
                self.bounded_duration(*p99_us, names.latency_is_lower_bound(*run)),
                self.bounded_duration(*chosen_p99_us, names.latency_is_lower_bound(chosen))
            ),
            Change::SpeedFirst {
                run,
                messages_per_s,
                chosen_messages_per_s,
            } => format!(
                "비용보다 처리 속도가 중요하면 {} {}로, 선택한 서버의 {}개보다 빠릅니다.",
                with(names.of(*run), Particle::Subject),
                self.messages_per_second(*messages_per_s),
                significant(*chosen_messages_per_s)
            ),
            Change::IdleMemory {
                run,
                bytes: its_bytes,
                chosen_bytes,
            } => format!(
                "유휴 연결이 많으면 {} 연결마다 메모리를 {}만 씁니다. 선택한 서버는 {}입니다.",
                with(names.of(*run), Particle::Topic),
                bytes(*its_bytes),
                bytes(*chosen_bytes)
            ),
            Change::ChosenStops { connections } => format!(
                "선택한 서버는 {}까지만 처리합니다.",
                self.connections(*connections)
            ),
            Change::SimplerCode { run, lines, ratio } => format!(
                "비용보다 짧은 코드가 중요하면 {} {}이며, 비용은 {chosen_name}의 {}입니다.",
                with(names.of(*run), Particle::Topic),
                self.lines(*lines),
                self.times(*ratio)
            ),
        }
    }
}
