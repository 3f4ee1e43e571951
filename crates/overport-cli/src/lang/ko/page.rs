//! What only the page says.

use super::Korean;
use crate::lang::number::count;
use crate::lang::page::{PageTexts, PageWords, Subject, moment};
use crate::lang::terms::TermTexts;
use crate::report::data::{Report, Settings};
use crate::report::difference::Property;

static WORDS: PageWords = PageWords {
    code: "ko",
    title: "소켓 서버 비교",
    verdict: "결론",
    left_out: "비용 순위에서 제외",
    problems: "문제가 있는 서버",
    errors: "틀리거나 빠진 응답",
    servers: "서버별 수치",
    rank: "순위",
    server: "서버",
    rests_on: "기반",
    ratio: "1위 대비 비용(95 % 구간)",
    user: "사용자",
    system: "시스템",
    whole: "사용자와 시스템 합계",
    parts_unknown: "시스템이 시간을 재는 단위가 너무 커서 사용자 모드와 시스템 모드로 나눌 수 없음",
    lower_bound: "보낼 때가 지났지만 못 보낸 메시지가 있어 지연 시간은 이 값 이상임",
    no_source: "외부 서버의 코드는 세지 않음",
    not_ranked: "순위 없음",
    chosen: "선택",
    charts: "자세히 보기",
    numbers: "같은 내용을 수치로",
    not_in_chart: "이 그림에 없는 서버",
    stops: "더 나아가지 못한 곳",
    stop_mark: "더 나아가지 못함",
    cost: "비용",
    connections: "연결 수에 따른 변화",
    latency: "고정 속도에서의 지연 시간",
    stall: "블록되는 처리기",
    idle: "할 일이 없을 때",
    flood: "메시지 큐 폭주",
    sessions: "짧은 세션",
    rounds: "라운드별 측정값",
    cost_ratio: "1위 대비 비용",
    latency_axis: "지연 시간",
    first_answer: "연결부터 첫 응답까지의 시간",
    round: "라운드",
    deviation: "메시지당 CPU 시간, 해당 서버의 중앙값과의 차이",
    idle_cpu: "메시지가 없을 때의 CPU 사용률, 프로세서 하나 기준",
    unit_ratio: "배",
    interval: "95 % 구간",
    beyond_axis: "화살표로 끝나는 구간은 축 너머까지 이어집니다.",
    without_stall: "블록되는 처리기가 없을 때의 p99",
    with_stall: "처리기가 블록될 때 나머지 메시지의 p99",
    without_short: "블록 없음",
    with_short: "처리기 블록",
    without_flood: "폭주가 없을 때",
    with_flood: "폭주할 때",
    unconnected: "연결 없음",
    unsent: "보낼 때가 지났지만 못 보낸 메시지",
    a_round: "라운드 하나",
    disturbed_round: "방해를 받은 라운드",
    claims: "교과서의 설명과 측정 결과",
    claims_about: "아홉 가지 모델에 대한 교과서의 설명과 여기서 측정한 값입니다. 판정은 이 컴퓨터에서 \
                   이 부하를 걸었을 때에만 해당합니다.",
    goals: "서버의 세 가지 목표",
    demands: "목표를 이루기 위한 네 가지 요구",
    models: "모델별 장점과 단점",
    advantage: "장점",
    drawback: "단점",
    conditions: "측정 조건",
    machine: "컴퓨터",
    operating_system: "운영 체제",
    processor: "프로세서",
    cores: "사용할 수 있는 프로세서 수",
    memory: "메모리",
    virtual_machine: "가상 머신",
    backend: "완료 포트의 기반",
    descriptors: "프로세스당 디스크립터 한도",
    local_ports: "로컬 포트 수",
    somaxconn: "수락을 기다릴 수 있는 연결 수",
    pinning: "프로세서 분리",
    server_cpus: "서버가 쓴 프로세서",
    load_cpus: "부하 생성기가 쓴 프로세서",
    settings: "설정",
    load: "부하",
    rounds_of: "기본 부하의 라운드 수",
    round_time: "측정 한 번의 시간",
    warm_up: "측정 전 준비 시간",
    rate: "개방 루프의 속도",
    patience: "서버를 기다리는 시간",
    views: "측정 항목",
    noise: "잡음",
    steal: "하이퍼바이저가 가져간 시간",
    foreign: "다른 프로세스가 쓴 시간",
    disturbances: "방해를 받은 측정",
    spread: "라운드 사이의 산포",
    spread_of: "메시지당 CPU 시간의 사분위 범위를 중앙값으로 나눈 값, 가장 큰 서버",
    repeat: "다시 측정하려면",
    how_to_read: "읽는 법",
    raw_rounds: "기본 부하의 모든 라운드",
    raw_latency_rounds: "개방 루프의 모든 라운드",
    turn: "차례",
    seconds: "시간(s)",
    messages: "메시지 수",
    late: "늦게 보냄(%)",
    disturbed: "방해",
    commands: "외부 서버의 명령",
    yes: "예",
    no: "아니요",
    unknown: "여기서는 알 수 없음",
    difference: "두 비교 결과의 대조",
    report_a: "보고서 A",
    report_b: "보고서 B",
    unlike: "그 밖에 다른 점",
    unlike_about: "두 보고서의 조건이 서로 다른 항목입니다. 수치의 차이는 여기서 비롯되었을 수 있습니다.",
    only_in_a: "A에만 있음",
    only_in_b: "B에만 있음",
    b_by_a: "A 대비 B",
    told_apart: "구별됨",
    not_told_apart: "구별되지 않음",
    differences: "A와 B의 수치",
    difference_about: "라운드의 중앙값과, A에 대한 B의 비 및 그 95 % 구간입니다. 구간에 1이 들어 있으면 둘은 \
                       구별되지 않습니다. 비용과 지연 시간은 작을수록, 속도는 클수록 좋습니다.",
};

impl PageTexts for Korean {
    fn page(&self) -> &'static PageWords {
        &WORDS
    }

    fn made(&self, report: &Report) -> String {
        format!(
            "overport {}, {}, 측정에 걸린 시간 {}",
            report.overport,
            moment(&report.created),
            self.seconds(report.elapsed_s)
        )
    }

    fn about(&self, subject: Subject, settings: &Settings) -> String {
        match subject {
            Subject::Cost => format!(
                "서버가 메시지 하나에 쓴 CPU 시간의 라운드별 중앙값입니다({}). 그 옆은 같은 라운드끼리 짝지어 \
                 구한 1위 서버 대비 비율입니다.",
                self.load(settings)
            ),
            Subject::Connections => "연결 수를 바꾸어 기본 부하를 다시 건 결과입니다. 값의 폭이 넓으면 세로축도 \
                 로그 눈금입니다."
                .into(),
            Subject::Latency => match settings.latency_rate_per_s {
                Some(rate) => format!(
                    "메시지를 보내기로 한 때부터 응답이 돌아올 때까지의 시간입니다. 개방 루프로, 모든 서버에 \
                     똑같이 {}의 속도로 보냅니다. 가로축은 로그 눈금입니다.",
                    self.messages_per_second(rate)
                ),
                None => "메시지를 보내기로 한 때부터 응답이 돌아올 때까지의 시간입니다(개방 루프).".into(),
            },
            Subject::Stall => format!(
                "{}로 보내는 메시지 {}개 중 하나가 처리기를 {} ms 동안 블록시킵니다. 나머지 메시지의 p99를 \
                 보입니다. 처리기들이 스레드 하나를 나누어 쓰는 모델에서는 나머지 메시지도 기다립니다.",
                self.messages_per_second(settings.stall_rate_per_s),
                count(settings.stall_every),
                count(settings.stall_ms)
            ),
            Subject::Idle => format!(
                "할 일이 없는 서버가 쓰는 자원입니다. 연결이 없을 때와 {}가 있을 때의 CPU 사용률, 그리고 유휴 \
                 연결마다 서버가 쓰는 메모리입니다. 커널이 소켓에 쓰는 메모리는 뺀 값입니다.",
                self.idle_clients(settings.idle_connections)
            ),
            Subject::Flood => format!(
                "async-select의 큐에 소켓의 메시지와 함께 프로그램 자신의 메시지를 초당 {}개씩 넣습니다. 소켓 \
                 메시지의 지연 시간을 보입니다.",
                count(settings.flood_per_s)
            ),
            Subject::Sessions => format!(
                "클라이언트가 연결하여 메시지 {}개를 주고받고 끊기를 되풀이합니다. 첫 응답까지 기다린 시간과, \
                 응답을 하나도 받지 못한 클라이언트 수를 보입니다.",
                count(settings.session_messages)
            ),
            Subject::Rounds => "점 하나가 라운드 하나입니다. 점들이 기울어 있으면 측정 중에 성능이 서서히 변한 \
                 것이고, 멀리 떨어진 점은 이상값입니다. 서버들이 번갈아 측정되므로 오래가는 방해는 모든 서버가 \
                 함께 받습니다."
                .into(),
        }
    }

    fn not_told_apart_from(&self, names: &[&str], rounds: usize) -> String {
        format!("{}: {}", self.not_told_apart(rounds), self.list(names))
    }

    fn not_told_apart_from_any(&self, rounds: usize) -> String {
        format!(
            "{}로는 어느 서버와도 구별되지 않음",
            self.rounds(rounds as u64)
        )
    }

    fn rank_note(&self, rounds: usize) -> String {
        format!(
            "{}의 메시지당 CPU 시간으로 매긴 순위입니다. “=”가 붙은 순위는 공동 순위로, 이 라운드 수로는 서로 \
             구별되지 않습니다. 라운드를 늘리면(--rounds, --time) 구별될 수 있습니다. {}",
            self.rounds(rounds as u64),
            self.intervals_note()
        )
    }

    fn idle_clients(&self, number: u64) -> String {
        format!("유휴 연결 {}개", count(number))
    }

    fn starved(&self, starved: u64, clients: u64) -> String {
        format!("{}개 중 {}개 무응답", count(clients), count(starved))
    }

    fn disturbances(&self, repeated: u64, disturbed: u64) -> String {
        format!(
            "{}회 다시 측정, {}회는 표시하고 그대로 사용",
            count(repeated),
            count(disturbed)
        )
    }

    fn separate(&self, separate: bool) -> &'static str {
        if separate {
            "예: 서버와 부하 생성기가 서로 다른 프로세서를 씀"
        } else {
            "아니요: 서버와 부하 생성기가 프로세서를 함께 써서, 속도에는 부하 생성기의 비용도 들어 있음"
        }
    }

    fn reading(&self, rounds: usize) -> Vec<String> {
        vec![
            format!(
                "구간은 {}에서 구한 95 % 구간입니다. 부트스트랩으로 구하며, 라운드가 5회 이하이면 스튜던트 t 분포를 쓰고, \
                 한 번뿐이면 구간이 없습니다. 비율은 같은 라운드 안에서 두 서버를 짝지어 \
                 비교한 값이므로, 컴퓨터의 상태가 서서히 변해도 영향을 받지 않습니다.",
                self.rounds(rounds as u64)
            ),
            "순위는 확실히 더 나은 서버의 수에 1을 더한 값입니다. 구간이 겹치는 서버는 순위를 함께 가지며, 이것이 \
             둘이 같다는 증거는 아닙니다."
                .into(),
            "기본 부하는 폐쇄 루프입니다. 연결마다 응답을 받은 뒤에 다시 보냅니다. 부하 생성기가 더 보낼 수 \
             없었다면 속도의 순위는 매기지 않습니다. 지연 시간은 고정 속도의 개방 루프에서만 재며, 메시지를 \
             보내기로 한 때부터 셉니다."
                .into(),
            "CPU 시간은 서버 프로세스가 사용자 모드와 커널 모드에서 쓴 시간입니다. p99는 메시지 100개 중 99개가 \
             이 시간 안에 끝났다는 뜻입니다."
                .into(),
        ]
    }

    fn property(&self, property: &Property) -> String {
        match property {
            Property::Connections => "연결 수".into(),
            Property::MessageBytes => "메시지 크기(바이트)".into(),
            Property::InFlight => "동시에 보낸 메시지 수".into(),
            Property::RoundSeconds => "측정 한 번의 시간(s)".into(),
            Property::WarmUpSeconds => "준비 시간(s)".into(),
            Property::LatencyRate => "개방 루프의 속도(초당 메시지 수)".into(),
            Property::System => "운영 체제".into(),
            Property::Cpu => "프로세서".into(),
            Property::Cores => "사용할 수 있는 프로세서 수".into(),
            Property::VirtualMachine => "가상 머신".into(),
            Property::ServerCpus => "서버가 쓴 프로세서".into(),
            Property::LoadCpus => "부하 생성기가 쓴 프로세서".into(),
            Property::Backend { server } => format!("{server}의 기반"),
            Property::Threads { server } => format!("{server}의 스레드 수"),
            Property::Command { server } => format!("{server}의 명령"),
        }
    }
}
