//! Which processors the servers and the load get.

use crate::report::data::Pinning;
use crate::sys::affinity;

/// The processors of the servers and those of the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cpus {
    pub(crate) server: Vec<usize>,
    pub(crate) load: Vec<usize>,
}

impl Cpus {
    /// Those that were asked for, and for the others one of `usable`, which are in ascending
    /// order: the first for the load, since a machine's interrupts tend to go there, and for the
    /// servers the next one, of another core if there is such a one. Where there is no other, it
    /// is for both.
    pub(crate) fn choose(
        usable: &[usize],
        server: Option<Vec<usize>>,
        load: Option<Vec<usize>>,
    ) -> Self {
        Self::choose_by(&affinity::core, usable, server, load)
    }

    /// The same where `core` tells the cores apart.
    fn choose_by(
        core: &dyn Fn(usize) -> Option<usize>,
        usable: &[usize],
        server: Option<Vec<usize>>,
        load: Option<Vec<usize>>,
    ) -> Self {
        let apart_from = |taken: &[usize]| {
            let free = || usable.iter().copied().filter(|cpu| !taken.contains(cpu));
            let cores: Vec<_> = taken.iter().map(|&cpu| core(cpu)).collect();
            let other_core = free().find(|&cpu| !cores.contains(&core(cpu)));
            other_core.or_else(|| free().next())
        };
        let first = usable.first().copied().unwrap_or(0);
        let load = load.unwrap_or_else(|| {
            let taken = server.as_deref().unwrap_or_default();
            vec![apart_from(taken).unwrap_or(first)]
        });
        let server = server
            .unwrap_or_else(|| vec![apart_from(&load).or(load.first().copied()).unwrap_or(first)]);
        Self { server, load }
    }

    /// No processor is for both.
    pub(crate) fn are_separate(&self) -> bool {
        !self.server.iter().any(|cpu| self.load.contains(cpu))
    }

    /// Each of them once.
    pub(crate) fn all(&self) -> Vec<usize> {
        let mut all = [&self.server[..], &self.load[..]].concat();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// For the report.
    pub(crate) fn pinning(&self) -> Pinning {
        let numbers = |cpus: &[usize]| cpus.iter().map(|&cpu| cpu as u64).collect();
        Pinning {
            server_cpus: numbers(&self.server),
            load_cpus: numbers(&self.load),
            separate: self.are_separate(),
        }
    }
}

/// Reads a list of processors such as `0,2-3`, of which each has to be `usable`. They come in
/// ascending order, each once. The error is one line for the user.
pub(crate) fn parse_list(text: &str, usable: &[usize]) -> Result<Vec<usize>, String> {
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<usize>();
        let (Ok(first), Ok(last)) = (number(first), number(last)) else {
            return Err(format!("expected a list such as 0,2-3, not '{text}'"));
        };
        if last < first {
            return Err(format!("{first}-{last} goes backwards"));
        }
        // The first that is missing is soon found, however far the range goes.
        if let Some(missing) = (first..=last).find(|cpu| !usable.contains(cpu)) {
            return Err(format!(
                "processor {missing} can't be used here, only {}",
                in_words(usable)
            ));
        }
        cpus.extend(first..=last);
    }
    cpus.sort_unstable();
    cpus.dedup();
    Ok(cpus)
}

fn in_words(cpus: &[usize]) -> String {
    let numbers: Vec<String> = cpus.iter().map(ToString::to_string).collect();
    numbers.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each processor is a core.
    fn choose(usable: &[usize], server: Option<&[usize]>, load: Option<&[usize]>) -> Cpus {
        let (server, load) = (server.map(<[_]>::to_vec), load.map(<[_]>::to_vec));
        Cpus::choose_by(&Some, usable, server, load)
    }

    #[test]
    fn the_load_gets_the_first_processor_and_the_servers_the_second() {
        let cpus = choose(&[2, 5, 7], None, None);
        assert_eq!((&cpus.load[..], &cpus.server[..]), (&[2][..], &[5][..]));
        assert!(cpus.are_separate());
        assert_eq!(cpus.all(), [2, 5]);
    }

    #[test]
    fn one_processor_is_for_both() {
        let cpus = choose(&[3], None, None);
        assert!(!cpus.pinning().separate);
        assert_eq!(cpus.all(), [3]);
    }

    #[test]
    fn what_is_asked_for_is_left_out_for_the_other() {
        assert_eq!(choose(&[0, 1, 2], Some(&[0, 1]), None).load, [2]);
        assert_eq!(choose(&[0, 1, 2], None, Some(&[1])).server, [0]);
        assert!(!choose(&[0, 1], Some(&[0, 1]), None).are_separate());
        assert!(!choose(&[0, 1], Some(&[1]), Some(&[0, 1])).are_separate());
    }

    #[test]
    fn the_servers_get_another_core_where_there_is_one() {
        let two_a_core = |cpu: usize| Some(cpu / 2);
        let choose = |usable: &[usize]| Cpus::choose_by(&two_a_core, usable, None, None).server;
        assert_eq!(choose(&[0, 1, 2, 3]), [2]);
        assert_eq!(choose(&[0, 1]), [1]);
        let unknown = Cpus::choose_by(&|_| None, &[0, 1, 2], None, None);
        assert_eq!(unknown.server, [1]);
    }

    #[test]
    fn a_list_has_numbers_and_ranges() {
        let usable = [0, 1, 2, 3, 8];
        assert_eq!(parse_list("0,2-3", &usable).unwrap(), [0, 2, 3]);
        assert_eq!(parse_list("8, 1 ,0-1", &usable).unwrap(), [0, 1, 8]);
    }

    #[test]
    fn what_is_not_a_list_of_usable_processors_is_refused_in_one_line() {
        let wrong = [
            ("", "expected a list"),
            ("1,", "expected a list"),
            ("a", "expected a list"),
            ("-1", "expected a list"),
            ("1-0", "backwards"),
            (
                "0-18446744073709551615",
                "processor 2 can't be used here, only 0,1",
            ),
            ("7", "processor 7"),
        ];
        for (text, expected) in wrong {
            let error = parse_list(text, &[0, 1]).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
