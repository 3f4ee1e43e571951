//! Comparisons that do not begin.

use crate::servers::right;
use crate::{compare, compare_only, run};

/// Rules: PR18, PR19
#[test]
fn what_makes_no_sense_is_one_line_and_exit_code_2() {
    let twice = [right("one"), right("one")];
    let usage = [
        (compare_only("", &twice), "two servers are called one"),
        (compare_only("", &[]), "nothing to compare"),
        (compare_only("", &["one=echo".to_owned()]), "{port}"),
        (compare_only("--rounds 5 --time 5", &twice), "--time"),
        (compare_only("--views nonsense", &twice), "nonsense"),
        (
            compare_only("--server-cpus 9999", &twice[..1]),
            "--server-cpus",
        ),
        (compare_only("--max-slower 5", &twice[..1]), "--baseline"),
        (compare_only("--time -5", &twice[..1]), "above 0"),
        (compare("--time 1", &[]), "--views"),
    ];
    for (command, text) in usage {
        let ended = run(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{text}");
        assert!(ended.line().contains(text), "{}", ended.stderr);
    }
}
