//! What only the terminal says.

use std::time::Duration;

use super::Korean;
use super::particle::{Particle, with};
use crate::compare::progress::{Phase, Stage};
use crate::lang::claims::ClaimTexts;
use crate::lang::number::{clock, count, duration, percent};
use crate::lang::reasons::ReasonTexts;
use crate::lang::terminal::{Became, TerminalTexts, TerminalWords};
use crate::lang::terms::TermTexts;
use crate::report::claims::{About, MissingEvidence};
use crate::report::data::{Flood, Host, Noise, Reason, Settings};
use crate::report::ranking::Metric;

const WORDS: TerminalWords = TerminalWords {
    resolve_more: "라운드를 늘리면 더 구별할 수 있습니다: --rounds N 또는 --time SECONDS",
    server: "서버",
    cost_rank: "비용\n순위",
    speed_rank: "속도\n순위",
    latency_rank: "p99\n순위",
    to_the_first: "1위 대비\n(95 % 구간)",
    rests_on: "기반",
    without_stall: "블록 없이",
    least_cost: "CPU/msg 최소",
    most_cost: "CPU/msg 최대",
    figures: "수치",
    over_connections: "연결 수에 따른 변화(중앙값, 순위 없음)",
    claims: "교과서의 설명과 측정 결과",
    conditions: "측정 조건",
    repeat: "같은 측정을 되풀이하는 명령",
    differences: "A와 B의 비교",
    unlike: "그 밖에 다른 점",
    load_limited_note: "* 부하 생성기의 한계: 서버는 더 빠를 수 있으므로 속도 순위를 매기지 않습니다.",
    load_limited_difference: "* A나 B에서 부하 생성기의 한계: 서버는 더 빠를 수 있으므로 속도를 비교하지 않습니다.",
    lower_bound_note: "> 최솟값: 앞선 메시지의 응답이 없어 제때 보내지 못한 메시지가 있습니다.",
    made: "만든 때",
    load: "부하",
    machine: "컴퓨터",
    processors: "프로세서",
    noise: "잡음",
    spread: "산포",
    report_a: "A",
    report_b: "B",
    ratio: "A 대비 B\n(95 % 구간)",
    not_given: "없음",
};

impl TerminalTexts for Korean {
    fn terminal(&self) -> &'static TerminalWords {
        &WORDS
    }

    fn progress(&self, phase: Phase, server: &str, left: Option<Duration>) -> String {
        let left = left.map_or_else(String::new, |left| format!("남은 시간 {}: ", clock(left)));
        let Phase { round, rounds, .. } = phase;
        let stage = match phase.stage {
            Stage::Calibration => return format!("{left}보정, {server}"),
            Stage::MainLoad => "기본 부하",
            Stage::View(view) => self.view(view),
        };
        format!("{left}{stage}, 라운드 {round}/{rounds}, {server}")
    }

    fn medians(&self, rounds: u64) -> String {
        let rounds = self.rounds(rounds);
        format!("{rounds}의 중앙값이며, 메모리와 스레드는 최댓값입니다. =는 공동 순위입니다.")
    }

    fn not_told_apart_by(&self, metric: Metric, rounds: usize, groups: &[String]) -> String {
        format!(
            "{} 기준으로 {}: {}.",
            self.metric(metric),
            self.not_told_apart(rounds),
            groups.join("; ")
        )
    }

    fn not_ranked_by(&self, names: &str, metrics: &[Metric], why: &str) -> String {
        let metrics: Vec<&str> = metrics.iter().map(|&metric| self.metric(metric)).collect();
        format!("{} 순위 없음: {names} ({why}).", self.list(&metrics))
    }

    fn wrong(&self, name: &str, problem: &str, errors: u64) -> String {
        let errors = match errors {
            0 => String::new(),
            _ => format!(" ({})", self.errors(errors)),
        };
        format!("! {name}: {problem}{errors}")
    }

    fn missing_figures(&self, figures: &str, names: Option<&str>, reason: &Reason) -> String {
        let not_asked_for = *reason == Reason::NotAskedFor;
        let names = names.map_or_else(String::new, |names| format!("({names})"));
        let reason = self.reason(reason);
        if not_asked_for {
            return format!("– {reason}{names}: {figures}.");
        }
        format!("– {}{names}: {figures} ({reason}).", self.not_available())
    }

    fn latency_load(&self, rate_per_s: f64) -> String {
        format!(
            "p50, p99, p99.9: {}를 보내는 개방 루프에서, 보낼 시각부터 에코가 올 때까지의 시간입니다. 고정 속도: 이때의 메시지당 CPU 시간입니다.",
            self.messages_per_second(rate_per_s)
        )
    }

    fn stall_load(&self, settings: &Settings) -> String {
        format!(
            "블록 p99: {}를 보내면서 {}개 중 하나가 처리기를 {} ms 동안 블록할 때, 나머지 메시지의 p99입니다.",
            self.messages_per_second(settings.stall_rate_per_s),
            count(settings.stall_every),
            count(settings.stall_ms)
        )
    }

    fn idle_load(&self, connections: u64) -> String {
        format!(
            "유휴 CPU: 연결이 없을 때 프로세서 하나의 사용률입니다. 유휴 연결: 유휴 연결 {}개에서 \
             연결마다 서버가 쓰는 메모리입니다.",
            count(connections)
        )
    }

    fn sessions_load(&self, clients: u64, messages: u64) -> String {
        format!(
            "세션: {}가 각각 연결해 메시지 {}개를 주고받고 끊기를 되풀이합니다. 대기 p99: 연결부터 첫 \
             응답까지의 시간입니다. 무응답: 응답을 하나도 받지 못한 클라이언트입니다.",
            self.clients(clients),
            count(messages)
        )
    }

    fn stops(&self, name: &str, connections: u64, reason: &Reason) -> String {
        format!(
            "{} {} 전에 멈춥니다: {}.",
            with(name, Particle::Topic),
            self.connections(connections),
            self.reason(reason)
        )
    }

    fn flooded(&self, name: &str, flood: &Flood) -> String {
        let cost = match (
            flood.cpu_us_per_message_with,
            flood.cpu_us_per_message_without,
        ) {
            (Some(with), Some(without)) => format!(
                ", 메시지당 CPU 시간은 {}에서 {}로",
                duration(without),
                duration(with)
            ),
            _ => String::new(),
        };
        format!(
            "{name}의 큐에 프로그램 자신의 메시지를 초당 {}개 넣으면 p99는 {}에서 {}로{cost} 바뀝니다.",
            count(flood.own_messages_per_s),
            duration(flood.without.p99),
            duration(flood.with.p99)
        )
    }

    fn more_claims(&self, count: usize, missing: MissingEvidence) -> String {
        format!("그 밖에 {count}개: {}", self.missing(missing))
    }

    fn claim_about(&self, about: About, name: Option<&str>) -> String {
        let name = name.unwrap_or_default();
        match about {
            About::Goal => "목표".into(),
            About::Demand => "요구".into(),
            About::Advantage(_) => format!("{name}, 장점"),
            About::Drawback(_) => format!("{name}, 단점"),
        }
    }

    fn machine(&self, host: &Host) -> String {
        let mut parts = vec![self.host_system(host)];
        parts.extend(host.cpu.clone());
        parts.push(format!("프로세서 {}개", count(host.cores)));
        if host.virtual_machine == Some(true) {
            parts.push("가상 머신".into());
        }
        parts.push(format!("완료 포트의 기반은 {}", self.host_backend(host)));
        parts.join(", ")
    }

    fn processors(&self, host: &Host) -> String {
        let pinning = &host.pinning;
        let separate = if pinning.separate {
            "서로 다름"
        } else {
            "겹치므로 서버와 부하 생성기가 서로를 늦춤"
        };
        format!(
            "서버 {}번, 부하 생성기 {}번: {separate}",
            numbers(&pinning.server_cpus),
            numbers(&pinning.load_cpus)
        )
    }

    fn measured(&self, settings: &Settings, elapsed_s: f64) -> String {
        format!(
            "{}; {} 준비 부하 뒤에 {}씩 {}; 모두 {}",
            self.load(settings),
            self.seconds(settings.warm_up_s),
            self.seconds(settings.round_s),
            self.rounds(settings.rounds),
            self.seconds(elapsed_s)
        )
    }

    fn noise(&self, noise: &Noise) -> String {
        let part = |part: Option<f64>| part.map_or_else(|| self.not_available().into(), percent);
        format!(
            "하이퍼바이저가 가져간 시간(steal) {}; 다른 프로세스 {}; 방해를 받아 다시 측정한 것 {}건, 그대로 둔 것 {}건",
            part(noise.steal_part),
            part(noise.foreign_part),
            count(noise.repeated),
            count(noise.disturbed)
        )
    }

    fn spread(&self, middle: f64, most: f64, name: &str) -> String {
        format!(
            "서버마다 가운데 절반의 라운드가 메시지당 CPU 시간의 {} 안에 모이며, 최대 {}입니다({name})",
            percent(middle),
            percent(most)
        )
    }

    fn only_in(&self, report: &str, names: &str) -> String {
        format!("{report}에만 있음: {names}.")
    }

    fn became(&self, became: Became, metric: Metric, names: &str) -> String {
        let word = match (became, metric) {
            (Became::Worse, Metric::Cost) => "B의 비용이 더 많음",
            (Became::Better, Metric::Cost) => "B의 비용이 더 적음",
            (Became::Worse, Metric::Speed) => "B가 더 느림",
            (Became::Better, Metric::Speed) => "B가 더 빠름",
            (Became::Worse, Metric::Latency) => "B의 응답이 더 늦음",
            (Became::Better, Metric::Latency) => "B의 응답이 더 빠름",
            (Became::NotToldApart, Metric::Cost) => "비용이 구별되지 않음",
            (Became::NotToldApart, Metric::Speed) => "속도가 구별되지 않음",
            (Became::NotToldApart, Metric::Latency) => "지연 시간이 구별되지 않음",
        };
        format!("{word}: {names}.")
    }
}

fn numbers(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    numbers.join(", ")
}
