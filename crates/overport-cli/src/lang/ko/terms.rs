//! Names of what is shown.

use super::Korean;
use crate::lang::number::{self, significant};
use crate::lang::quantity::Quantity;
use crate::lang::terms::TermTexts;
use crate::report::data::{Origin, Settings, SyscallCounter, View};
use crate::report::ranking::{Metric, Ratio};

impl TermTexts for Korean {
    fn quantity(&self, quantity: Quantity) -> &'static str {
        match quantity {
            Quantity::CpuPerMessage => "메시지당 CPU 시간",
            Quantity::UserCpuPerMessage => "메시지당 사용자 CPU 시간",
            Quantity::SystemCpuPerMessage => "메시지당 시스템 CPU 시간",
            Quantity::CpuPerMessageAtRate => "고정 속도에서의 메시지당 CPU 시간",
            Quantity::MessagesPerSecond => "초당 메시지 수",
            Quantity::LatencyP50 => "지연 시간 p50",
            Quantity::LatencyP99 => "지연 시간 p99",
            Quantity::LatencyP99_9 => "지연 시간 p99.9",
            Quantity::SyscallsPerMessage => "메시지당 시스템 호출 수",
            Quantity::ContextSwitchesPerMessage => "메시지당 문맥 교환 수",
            Quantity::Threads => "스레드 수",
            Quantity::PeakMemory => "최대 메모리",
            Quantity::MemoryPerIdleConnection => "유휴 연결당 메모리",
            Quantity::SourceLines => "코드 줄 수",
            Quantity::Connections => "연결 수",
            Quantity::IdleCpuUnconnected => "연결이 없을 때의 CPU 사용률",
            Quantity::IdleCpuConnected => "유휴 연결만 있을 때의 CPU 사용률",
            Quantity::StallP99 => "처리기가 블록될 때의 지연 시간 p99",
            Quantity::SessionsPerSecond => "초당 세션 수",
            Quantity::CpuPerSession => "세션당 CPU 시간",
            Quantity::FirstAnswerP99 => "첫 응답까지의 대기 시간 p99",
            Quantity::StarvedClients => "응답을 못 받은 클라이언트 수",
        }
    }

    fn short(&self, quantity: Quantity) -> &'static str {
        match quantity {
            Quantity::CpuPerMessage => "CPU/msg",
            Quantity::UserCpuPerMessage => "사용자/msg",
            Quantity::SystemCpuPerMessage => "시스템/msg",
            Quantity::CpuPerMessageAtRate => "고정 속도",
            Quantity::MessagesPerSecond => "msg/s",
            Quantity::LatencyP50 => "p50",
            Quantity::LatencyP99 => "p99",
            Quantity::LatencyP99_9 => "p99.9",
            Quantity::SyscallsPerMessage => "호출/msg",
            Quantity::ContextSwitchesPerMessage => "교환/msg",
            Quantity::Threads => "스레드",
            Quantity::PeakMemory => "메모리",
            Quantity::MemoryPerIdleConnection => "유휴 연결",
            Quantity::SourceLines => "코드 줄",
            Quantity::Connections => "연결 수",
            Quantity::IdleCpuUnconnected => "유휴 CPU",
            Quantity::IdleCpuConnected => "유휴 CPU",
            Quantity::StallP99 => "블록 p99",
            Quantity::SessionsPerSecond => "세션/s",
            Quantity::CpuPerSession => "CPU/세션",
            Quantity::FirstAnswerP99 => "대기 p99",
            Quantity::StarvedClients => "무응답",
        }
    }

    fn view(&self, view: View) -> &'static str {
        match view {
            View::Latency => "지연 시간",
            View::Connections => "연결 수에 따른 변화",
            View::Stall => "블록되는 처리기",
            View::Idle => "유휴 상태",
            View::Flood => "메시지 큐 폭주",
            View::Sessions => "짧은 세션",
            View::Syscalls => "시스템 호출",
        }
    }

    fn metric(&self, metric: Metric) -> &'static str {
        match metric {
            Metric::Cost => "비용",
            Metric::Speed => "속도",
            Metric::Latency => "지연 시간",
        }
    }

    fn model_title(&self, model: &str) -> Option<&'static str> {
        Some(match model {
            "iterative" => "반복 서버(블로킹)",
            "thread" => "클라이언트당 스레드(블로킹)",
            "nonblocking" => "논블로킹",
            "select" => "select",
            "async-select" => "WSAAsyncSelect",
            "event-select" => "WSAEventSelect",
            "overlapped-event" => "중첩 입출력(이벤트)",
            "overlapped-routine" => "중첩 입출력(완료 루틴)",
            "completion-port" => "완료 포트",
            _ => return None,
        })
    }

    fn rests_on<'a>(&self, text: &'a str) -> &'a str {
        match text {
            "blocking calls" => "블로킹 호출",
            "polling" => "폴링",
            "an engine thread over epoll" => "epoll 위의 엔진 스레드",
            "an engine thread over epoll, and poll" => "epoll 위의 엔진 스레드와 poll",
            "WSARecv and WSASend with events" => "이벤트를 쓰는 WSARecv와 WSASend",
            "WSARecv and WSASend with routines" => "완료 루틴을 쓰는 WSARecv와 WSASend",
            "accept, recv, send; a thread a client" => "accept, recv, send; 클라이언트마다 스레드",
            "accept, recv, send that never wait (FIONBIO)" => {
                "기다리지 않는 accept, recv, send(FIONBIO)"
            }
            "poll; the sets are ours" => "poll; 집합은 자체 구현",
            "epoll and eventfd; messages and re-arming are ours" => {
                "epoll과 eventfd; 메시지와 재무장은 자체 구현"
            }
            "epoll and eventfd; event objects and re-arming are ours" => {
                "epoll과 eventfd; 이벤트 객체와 재무장은 자체 구현"
            }
            "epoll; an engine thread of ours does the operations" => {
                "epoll; 작업은 자체 구현한 엔진 스레드가 수행"
            }
            other => other,
        }
    }

    fn wine(&self, version: &str, system: &str) -> String {
        format!("Wine {version}, Windows가 아님({system}이라고 알려 줌)")
    }

    fn backend_reason(&self, text: &str) -> String {
        if let Some(who) = text.strip_prefix("asked for by ") {
            return match who {
                "the program" => "프로그램에서 지정함".into(),
                variable => format!("{variable}에서 지정함"),
            };
        }
        match text.split_once(" can't be used: ") {
            Some((backend, error)) => format!("{backend} 사용 불가: {error}"),
            None => match text {
                "io_uring works here" => "이 시스템에서 io_uring이 동작함".into(),
                "it is the system's own" => "시스템 자체의 기능임".into(),
                "it costs less where threads share a port" => {
                    "스레드가 포트를 공유할 때 비용이 더 적음".into()
                }
                other => other.to_owned(),
            },
        }
    }

    fn syscall_counter(&self, counter: SyscallCounter) -> &'static str {
        match counter {
            SyscallCounter::PerfEvents => {
                "시스템 호출은 시스템이 세었으며, 서버를 늦추지 않습니다."
            }
            SyscallCounter::Tracing => {
                "시스템 호출은 추적기로 세었으며, 추적하는 동안 서버가 느려집니다. 폴링하거나 스레드끼리 깨우는 서버는 추적하지 않을 때의 호출 수가 다를 수 있습니다."
            }
        }
    }

    fn origin(&self, origin: &Origin) -> String {
        match origin {
            Origin::Model { threads: None } => "이 프로그램의 모델".into(),
            Origin::Model {
                threads: Some(threads),
            } => format!("이 프로그램의 모델, {}", self.threads(*threads)),
            Origin::Command { command } => format!("명령 {command}"),
        }
    }

    fn load(&self, settings: &Settings) -> String {
        format!(
            "{}, 메시지 {}바이트, 연결마다 동시에 {}개 전송",
            self.connections(settings.connections),
            number::count(settings.message_bytes),
            number::count(settings.in_flight)
        )
    }

    fn not_told_apart(&self, rounds: usize) -> String {
        format!("{}로는 구별되지 않음", self.rounds(rounds as u64))
    }

    fn not_available(&self) -> &'static str {
        "여기서는 알 수 없음"
    }

    fn load_limited(&self) -> &'static str {
        "부하 생성기의 한계"
    }

    fn ratio(&self, ratio: &Ratio) -> String {
        let interval = if number::tells(ratio.low, ratio.high) {
            let (low, high) = (number::ratio(ratio.low), number::ratio(ratio.high));
            format!("{low}~{high}")
        } else {
            self.too_few_rounds().into()
        };
        format!("{}({interval})", self.times(ratio.value))
    }

    fn too_few_rounds(&self) -> &'static str {
        "라운드 부족"
    }

    fn too_few_rounds_note(&self) -> &'static str {
        "“라운드 부족”은 라운드가 적어 구간이 아무것도 알려 주지 못할 만큼 넓다는 뜻입니다."
    }

    fn intervals_note(&self) -> &'static str {
        "구간은 각 서버 자신의 수준을 1위의 값을 단위로 나타낸 것입니다. 구간이 겹치는 서버는 서로 구별되지 않습니다."
    }

    fn threads_note(&self) -> &'static str {
        "스레드 수는 서버 프로세스의 모든 스레드를 센 것으로, 주 스레드와 신호를 기다리는 스레드도 들어 있습니다."
    }

    fn stall_threads(&self, servers: &[(&str, u64, u64)]) -> String {
        let servers: Vec<String> = servers
            .iter()
            .map(|(name, stalled, usual)| {
                format!(
                    "{name} {}(기본 부하에서는 {}개)",
                    self.threads(*stalled),
                    number::count(*usual)
                )
            })
            .collect();
        format!(
            "처리기가 블록될 수 있을 때의 스레드 수: {}.",
            servers.join(", ")
        )
    }

    fn bounded_duration(&self, us: f64, is_lower_bound: bool) -> String {
        let bound = if is_lower_bound { " 이상" } else { "" };
        format!("{}{bound}", number::duration(us))
    }

    fn errors(&self, count: u64) -> String {
        format!("오류 {}건", number::count(count))
    }

    fn times(&self, ratio: f64) -> String {
        format!("{}배", number::ratio(ratio))
    }

    fn connections(&self, count: u64) -> String {
        format!("연결 {}개", number::count(count))
    }

    fn threads(&self, count: u64) -> String {
        format!("스레드 {}개", number::count(count))
    }

    fn rounds(&self, count: u64) -> String {
        format!("라운드 {}회", number::count(count))
    }

    fn lines(&self, count: u64) -> String {
        format!("{}줄", number::count(count))
    }

    fn clients(&self, count: u64) -> String {
        format!("클라이언트 {}개", number::count(count))
    }

    fn messages_per_second(&self, rate: f64) -> String {
        format!("초당 메시지 {}개", significant(rate))
    }

    fn list(&self, names: &[&str]) -> String {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::Model;

    #[test]
    fn what_the_models_rest_on_is_told_in_korean() {
        for model in Model::all() {
            let Some(text) = model.rests_on() else {
                continue;
            };
            // The system's own names are the same in every language.
            if text.contains(' ') {
                assert_ne!(Korean.rests_on(text), text, "{}", model.name());
            }
        }
    }

    #[test]
    fn why_a_port_rests_on_its_back_end_is_told_in_korean() {
        use overport::completion_port::{Builder, CompletionPort};

        use crate::sys::means;

        for builder in [Builder::new(), Builder::new().backend(means::BACKENDS[0])] {
            let port: CompletionPort = builder.build().expect("a port can be made");
            let reason = port.backend_reason();
            assert_ne!(Korean.backend_reason(reason), reason);
        }
        let refused = "io_uring can't be used: io_uring_setup: EPERM";
        assert_eq!(
            Korean.backend_reason(refused),
            "io_uring 사용 불가: io_uring_setup: EPERM"
        );
        assert_eq!(
            Korean.backend_reason("asked for by OVERPORT_BACKEND"),
            "OVERPORT_BACKEND에서 지정함"
        );
    }

    #[test]
    fn every_model_has_a_title() {
        for model in Model::all() {
            assert!(
                Korean.model_title(model.name()).is_some(),
                "{}",
                model.name()
            );
        }
    }
}
