//! What the textbook says, and what the figures say to it.

use super::Korean;
use crate::lang::Names;
use crate::lang::claims::ClaimTexts;
use crate::lang::number::{bytes, count, duration, percent, significant};
use crate::lang::terms::TermTexts;
use crate::report::claims::{ClaimId, Evidence, Finding, MissingEvidence};

impl ClaimTexts for Korean {
    fn claim(&self, id: ClaimId) -> &'static str {
        match id {
            ClaimId::GoalManyClients => {
                "많은 클라이언트: 완료 포트보다 많은 클라이언트를 받거나 같은 수를 더 적은 비용으로 처리하는 모델은 없다"
            }
            ClaimId::GoalQuickAnswers => "빠른 응답: 완료 포트보다 빨리 응답하는 모델은 없다",
            ClaimId::GoalLittleResources => "적은 자원 사용: 완료 포트가 CPU 시간을 가장 적게 쓴다",
            ClaimId::DemandLittleBlocking => {
                "블로킹 최소화: 처리기가 블록될 때 완료 포트보다 훨씬 빨리 응답하는 모델은 없다"
            }
            ClaimId::DemandSteadyThreads => {
                "일정한 스레드 수: 완료 포트의 스레드 수는 클라이언트가 많아도 늘지 않는다"
            }
            ClaimId::DemandComputingBesideIo => {
                "연산과 입출력의 병행: 완료 포트에서는 처리기가 연산하는 동안에도 입출력이 진행된다"
            }
            ClaimId::DemandFewSwitches => {
                "사용자 모드와 커널 모드 사이의 전환 최소화: 완료 포트보다 시스템 호출이 5 % 넘게 적은 \
                 모델은 없다"
            }
            ClaimId::IterativeNeedsFewResources => "스레드 하나와 적은 메모리로 충분하다",
            ClaimId::IterativeOthersWait => "한 클라이언트를 처리하는 동안 나머지는 모두 기다린다",
            ClaimId::ThreadServesAtOnce => {
                "다른 클라이언트가 떠날 때까지 기다리는 클라이언트는 없다"
            }
            ClaimId::ThreadCodeIsShort => "클라이언트마다 스레드가 따로 있으므로 코드가 짧다",
            ClaimId::ThreadCostsMemory => "클라이언트마다 스레드와 그 메모리가 든다",
            ClaimId::NonblockingNeverBlocks => {
                "스레드 하나로 여러 클라이언트를 처리하며 어떤 호출도 블록되지 않는다"
            }
            ClaimId::NonblockingBurnsProcessor => {
                "계속 되물어 보므로 할 일이 없어도 CPU를 소모한다"
            }
            ClaimId::SelectManyOnOneThread => "스레드 하나로 많은 소켓을 처리한다",
            ClaimId::SelectBoundTo64 => {
                "집합 하나에 소켓이 64개까지라 그보다 많으면 스레드가 더 든다"
            }
            ClaimId::SelectScans => "호출할 때마다 집합 전체를 훑으므로 소켓이 늘면 비용도 는다",
            ClaimId::AsyncSelectOneThread => {
                "이벤트가 메시지로 오므로 스레드 하나로 모든 소켓을 처리한다"
            }
            ClaimId::AsyncSelectSharesOneQueue => {
                "소켓의 메시지와 프로그램 자신의 메시지가 큐 하나를 나누어 쓰므로 서로 느려진다"
            }
            ClaimId::EventSelectNeedsNoWindow => {
                "윈도우 없이 스레드 하나가 여러 소켓의 이벤트를 기다린다"
            }
            ClaimId::EventSelectCostsLessThanSelect => "select보다 비용이 적다",
            ClaimId::EventSelectBoundTo64 => {
                "한 번에 기다릴 수 있는 이벤트가 64개까지라 그보다 많으면 스레드가 더 든다"
            }
            ClaimId::OverlappedEventWorksBesideIo => {
                "프로그램이 다른 일을 하는 동안에도 입출력이 진행된다"
            }
            ClaimId::OverlappedEventCostsLessThanReadiness => {
                "소켓이 준비되기를 기다리는 모델보다 비용이 적다"
            }
            ClaimId::OverlappedEventBoundTo64 => {
                "한 번에 기다릴 수 있는 이벤트가 64개까지라 작업이 그보다 많으면 스레드가 더 든다"
            }
            ClaimId::OverlappedRoutineNoLimitOfEvents => {
                "이벤트 객체를 쓰지 않으므로 64개의 한도가 없다"
            }
            ClaimId::OverlappedRoutineCostsLessThanReadiness => {
                "소켓이 준비되기를 기다리는 모델보다 비용이 적다"
            }
            ClaimId::OverlappedRoutineBoundToItsThread => {
                "완료 루틴은 입출력을 요청한 스레드에서만 실행되므로 하나가 블록되면 나머지도 모두 기다린다"
            }
            ClaimId::PortServesManyWithFewThreads => {
                "적은 수의 스레드로 아무리 많은 클라이언트라도 처리한다"
            }
            ClaimId::PortCostsLeast => "모든 모델 가운데 비용이 가장 적다",
            ClaimId::PortCodeIsLonger => "단점은 코드뿐이다: 코드가 더 길다",
        }
    }

    fn finding(&self, finding: Finding) -> &'static str {
        match finding {
            Finding::Confirmed => "확인됨",
            Finding::Contradicted => "반대로 나타남",
            Finding::NotToldApart => "이 라운드들로는 구별되지 않음",
            Finding::NotMeasurableHere => "여기서는 측정 불가",
        }
    }

    fn evidence(&self, evidence: &Evidence, names: &Names<'_>) -> String {
        match *evidence {
            Evidence::CpuUsPerMessage { run, cpu_us } => {
                format!("{}: 메시지당 CPU 시간 {}", names.of(run), duration(cpu_us))
            }
            Evidence::CostRatio { run, to, ratio } => format!(
                "{}의 비용은 {}의 {}",
                names.of(run),
                names.of(to),
                self.times(ratio)
            ),
            Evidence::CostGrowth {
                run,
                from_connections,
                to_connections,
                ratio,
            } => format!(
                "{}: 연결이 {}개에서 {}개로 늘면 비용은 {}",
                names.of(run),
                count(from_connections),
                count(to_connections),
                self.times(ratio)
            ),
            Evidence::CpuPartUnconnected { run, part } => format!(
                "{}: 연결이 없을 때 프로세서 하나의 {}",
                names.of(run),
                percent(part)
            ),
            Evidence::Threads {
                run,
                connections,
                threads,
            } => format!(
                "{}: {}일 때 {}",
                names.of(run),
                self.connections(connections),
                self.threads(threads)
            ),
            Evidence::BytesPerConnection { run, bytes: each } => {
                format!("{}: 연결당 {}", names.of(run), bytes(each))
            }
            Evidence::MostConnections { run, connections } => {
                format!("{}: {}까지", names.of(run), self.connections(connections))
            }
            Evidence::P99Us {
                run,
                p99_us,
                rate_per_s,
            } => format!(
                "{}: {}에서 p99 {}",
                names.of(run),
                self.messages_per_second(rate_per_s),
                self.bounded_duration(p99_us, names.latency_is_lower_bound(run))
            ),
            Evidence::P99UsUnderStalls {
                run,
                with_us,
                with_is_lower_bound,
                without_us,
            } => format!(
                "{}: 처리기가 블록될 때 p99 {}, 아닐 때 {}",
                names.of(run),
                self.bounded_duration(with_us, with_is_lower_bound),
                duration(without_us)
            ),
            Evidence::P99UsUnderFlood {
                run,
                with_us,
                without_us,
            } => format!(
                "{}: 메시지가 쏟아질 때 p99 {}, 아닐 때 {}",
                names.of(run),
                duration(with_us),
                duration(without_us)
            ),
            Evidence::SyscallsPerMessage { run, calls } => format!(
                "{}: 메시지당 시스템 호출 {}회",
                names.of(run),
                significant(calls)
            ),
            Evidence::ContextSwitchesPerMessage { run, switches } => format!(
                "{}: 메시지당 문맥 교환 {}회",
                names.of(run),
                significant(switches)
            ),
            Evidence::FirstAnswerP99Us {
                run,
                p99_us,
                clients,
            } => format!(
                "{}: {}일 때 첫 응답까지의 대기 시간 p99 {}",
                names.of(run),
                self.clients(clients),
                duration(p99_us)
            ),
            Evidence::Starved {
                run,
                starved,
                clients,
            } => format!(
                "{}: 클라이언트 {}개 중 {}개가 응답을 받지 못함",
                names.of(run),
                count(clients),
                count(starved)
            ),
            Evidence::SourceLines { run, lines } => {
                format!("{}: 코드 {}", names.of(run), self.lines(lines))
            }
            Evidence::Missing { what } => self.missing(what).into(),
        }
    }

    fn missing(&self, what: MissingEvidence) -> &'static str {
        match what {
            MissingEvidence::Model => "필요한 서버를 측정하지 않았거나 그 서버가 실패함",
            MissingEvidence::Cost => "CPU 시간을 측정하지 않음",
            MissingEvidence::Latency => "지연 시간을 측정하지 않음",
            MissingEvidence::Connections => "연결 수를 바꾸어 측정하지 않음",
            MissingEvidence::Stall => "블록되는 처리기를 측정하지 않음",
            MissingEvidence::Idle => "유휴 상태를 측정하지 않음",
            MissingEvidence::Flood => "메시지 큐 폭주를 측정하지 않음",
            MissingEvidence::Sessions => "짧은 세션을 측정하지 않음",
            MissingEvidence::Syscalls => "시스템 호출을 세지 않음",
            MissingEvidence::Threads => "스레드 수를 측정하지 않음",
            MissingEvidence::Computing => "계산하는 처리기를 측정하지 않음",
            MissingEvidence::Disturbed => "측정하는 동안 다른 프로세스의 방해를 받음",
            MissingEvidence::SecondProcessor => "서버가 프로세서를 하나만 써서 병행할 수 없었음",
        }
    }
}
