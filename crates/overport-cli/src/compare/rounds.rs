//! In which order the servers have their turns.

/// The servers of round `round`, counted from 0: each round begins with another one, and every
/// second round goes backwards, so that no server always follows the same one.
pub(super) fn order(round: u64, servers: usize) -> impl Iterator<Item = usize> {
    let first = usize::try_from(round / 2).unwrap_or(0);
    let backwards = round % 2 == 1;
    (0..servers).map(move |turn| {
        let place = if backwards { servers - 1 - turn } else { turn };
        (first + place) % servers
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_one_turn_a_round() {
        for round in 0..20 {
            let mut turns: Vec<usize> = order(round, 5).collect();
            turns.sort_unstable();
            assert_eq!(turns, [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn every_server_is_first_in_some_round_and_follows_different_ones() {
        let firsts: Vec<_> = (0..6).filter_map(|round| order(round, 3).next()).collect();
        assert_eq!(firsts, [0, 2, 1, 0, 2, 1]);
        let rounds: Vec<Vec<usize>> = (0..2).map(|round| order(round, 3).collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [2, 1, 0]]);
    }
}
