//! Why something is missing, and what is wrong with a server.

use super::Korean;
use crate::lang::number::{count, duration};
use crate::lang::reasons::{ReasonTexts, ended_well};
use crate::lang::terms::TermTexts;
use crate::report::data::{Figure, Problem, Reason};
use crate::report::ranking::WhyUnranked;

impl ReasonTexts for Korean {
    fn figure(&self, figure: Figure) -> &'static str {
        match figure {
            Figure::Rounds => "기본 부하",
            Figure::Cpu => "CPU 시간",
            Figure::LatencyUs => "지연 시간",
            Figure::RssPeakBytes => "최대 메모리",
            Figure::ThreadsPeak => "스레드 수",
            Figure::SyscallsPerMessage => "메시지당 시스템 호출 수",
            Figure::ContextSwitchesPerMessage => "메시지당 문맥 교환 수",
            Figure::OverConnections => "연결 수에 따른 변화",
            Figure::Stall => "블록되는 처리기",
            Figure::Idle => "유휴 상태",
            Figure::Flood => "메시지 큐 폭주",
            Figure::Sessions => "짧은 세션",
        }
    }

    fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::NotAskedFor => "요청하지 않음".into(),
            Reason::Problem => "서버에 문제가 있어 측정하지 않음".into(),
            Reason::System { text } => format!("시스템 메시지: {text}"),
            Reason::TooFewMessages => "측정 시간 안에 처리된 메시지가 없음".into(),
            Reason::NotTold => "시스템도 부하 생성기도 알려 주지 않음".into(),
            Reason::NoSuchCall => "이 시스템에는 이를 알려 주는 호출이 없음".into(),
            Reason::NoQueueOfItsOwn => "자체 메시지 큐가 없음".into(),
            Reason::OneClientAtATime => "한 번에 클라이언트 하나만 처리함".into(),
            Reason::NoPlaceholder { placeholder } => format!("서버의 명령에 {placeholder} 없음"),
            Reason::DidNotBlock { stall_ms, took_us } => format!(
                "처리기가 블록되지 않음: {stall_ms} ms를 요청한 메시지에 {} 만에 응답함",
                duration(*took_us)
            ),
            Reason::MessageTooShort { least_bytes } => {
                format!("메시지가 {}바이트 이상이어야 함", count(*least_bytes))
            }
            Reason::Descriptors { needed, limit } => format!(
                "디스크립터가 {}개 필요하지만 한도는 {}개임",
                count(*needed),
                count(*limit)
            ),
            Reason::LocalPorts { needed, limit } => format!(
                "로컬 포트가 {}개 필요하지만 {}개뿐임",
                count(*needed),
                count(*limit)
            ),
            Reason::Failed { problem } => {
                format!("이 조건에서 서버가 실패함: {}", self.problem(problem))
            }
        }
    }

    fn problem(&self, problem: &Problem) -> String {
        match problem {
            Problem::CannotStart { text } => format!("시작할 수 없음: {text}"),
            Problem::Died { how } if ended_well(how) => {
                format!("스스로 종료됨: {how}; 서버는 포그라운드에서 계속 실행되어야 함")
            }
            Problem::Died { how } => format!("스스로 종료됨: {how}"),
            Problem::NeverListened { after_s } => {
                format!(
                    "{} 안에 127.0.0.1에서 연결을 받기 시작하지 않음",
                    self.seconds(*after_s)
                )
            }
            Problem::Refused { text } => format!("연결을 거부하거나 끊음: {text}"),
            Problem::Hung { after_s, text } => {
                format!("{} 동안 응답 없음: {text}", self.seconds(*after_s))
            }
            Problem::Wrong { text } => format!("응답이 틀림: {text}"),
        }
    }

    fn why_unranked(&self, why: &WhyUnranked) -> String {
        match why {
            WhyUnranked::LoadLimited => "부하 생성기의 한계에 걸림: 서버는 더 빠를 수 있음".into(),
            WhyUnranked::Problem => "서버에 문제가 있음".into(),
            WhyUnranked::OneAtATime => {
                "한 번에 클라이언트 하나만 처리하므로 짧은 세션으로 측정함".into()
            }
            WhyUnranked::LoadLate => {
                "부하 생성기가 메시지를 늦게 보내 지연 시간을 알 수 없음".into()
            }
            WhyUnranked::Missing(reason) => self.reason(reason),
        }
    }
}
