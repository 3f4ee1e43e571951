//! What to change so that the machine offers more.

use super::super::Advice;
use super::Findings;
use super::winsock::HANDLES;
use crate::serve::{NoPort, RestsOn};

/// What there is to change, the most useful first; nothing where all is well.
pub(super) fn advise(findings: &Findings, port: &Result<RestsOn, NoPort>) -> Vec<Advice> {
    let all = [
        completion_port(port),
        wine(findings),
        handles(findings),
        timers(findings),
    ];
    all.into_iter().flatten().collect()
}

fn completion_port(port: &Result<RestsOn, NoPort>) -> Option<Advice> {
    let why = port.as_ref().err()?;
    Some(Advice {
        why: format!("there can be no completion port: {}", why.error),
        how: why
            .instead
            .unwrap_or("run it on Windows 10 or later")
            .to_owned(),
    })
}

fn wine(findings: &Findings) -> Option<Advice> {
    let version = findings.system.wine.as_ref()?;
    Some(Advice {
        why: format!(
            "this is Wine {version}, not Windows: what is measured here says nothing about Windows"
        ),
        how: "run it on Windows, or run the program that is built for this machine's own system"
            .to_owned(),
    })
}

fn handles(findings: &Findings) -> Option<Advice> {
    let mut features = findings.winsock.features.iter();
    let handles = features.find(|feature| feature.name == HANDLES)?;
    (!handles.works).then(|| Advice {
        why: "every operation at the completion port takes a packet, also one that is done at once"
            .to_owned(),
        how: "netsh winsock show catalog names the provider that is in between".to_owned(),
    })
}

fn timers(findings: &Findings) -> Option<Advice> {
    (!findings.system.precise_timers).then(|| Advice {
        why: "`load --rate` sends at the ticks of the system's clock only".to_owned(),
        how: "run it on Windows 10, version 1803, or later".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{system, winsock};
    use super::*;
    use crate::serve::port_rests_on;

    #[test]
    fn wine_is_said_not_to_be_windows_and_windows_is_not() {
        let mut findings = Findings {
            system: system::examine(),
            winsock: winsock::examine(),
        };
        let mut why = |wine: Option<&str>| {
            findings.system.wine = wine.map(str::to_owned);
            let advice = advise(&findings, &port_rests_on()).into_iter();
            advice.map(|advice| advice.why).collect::<String>()
        };
        assert!(why(Some("10.0")).contains("Wine 10.0, not Windows"));
        assert!(!why(None).contains("Wine"));
    }
}
