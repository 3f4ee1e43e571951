//! What the time of each processor went to: /proc/stat (proc(5)), in clock ticks.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use crate::sys::usage::ProcessorTime;

/// The times of the processors `cpus`, in their order; none where one of them is not on. A system
/// that tells only of all processors together gives that one time.
pub(crate) fn times(cpus: &[usize]) -> io::Result<Option<Vec<ProcessorTime>>> {
    let all = all()?;
    Ok(cpus.iter().map(|cpu| all.get(cpu).copied()).collect())
}

/// The processors that are on, by their numbers.
fn all() -> io::Result<BTreeMap<usize, ProcessorTime>> {
    let stat = fs::read_to_string("/proc/stat")?;
    Ok(stat.lines().filter_map(parse).collect())
}

/// A line such as "cpu1 10 20 30 40 50 0 7 8 0 0": user, nice, system, idle, iowait, irq,
/// softirq, steal, guest, guest_nice. The first line, "cpu", is the sum.
fn parse(line: &str) -> Option<(usize, ProcessorTime)> {
    let mut fields = line.split_ascii_whitespace();
    let cpu = fields.next()?.strip_prefix("cpu")?.parse().ok()?;
    let ticks: Vec<u64> = fields.map_while(|field| field.parse().ok()).collect();
    let &[_user, _nice, _system, idle, iowait, irq, softirq, steal, ..] = &ticks[..] else {
        return None;
    };
    let time = ProcessorTime {
        processors: 1,
        idle_ticks: idle + iowait,
        interrupt_ticks: irq + softirq,
        steal_ticks: Some(steal),
        // A kernel without CONFIG_IRQ_TIME_ACCOUNTING looks at what runs at each tick. That tick
        // is an interrupt itself, so it never finds another.
        interrupts_apart: irq > 0,
    };
    Some((cpu, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_s_line_is_read_and_the_sum_is_not() {
        let (cpu, time) = parse("cpu12 10 20 30 40 50 0 7 8 9 9").unwrap();
        assert_eq!(cpu, 12);
        assert_eq!((time.idle_ticks, time.interrupt_ticks), (90, 7));
        assert_eq!(time.steal_ticks, Some(8));
        assert!(!time.interrupts_apart);
        assert!(
            parse("cpu0 1 1 1 1 1 3 1 1 1 1")
                .unwrap()
                .1
                .interrupts_apart
        );
        assert_eq!(parse("cpu  10 20 30 40 50 60 7 8 0 0"), None);
        assert_eq!(parse("intr 1 2 3 4 5 6 7 8 9"), None);
    }

    #[test]
    fn this_machine_has_a_processor() {
        assert!(!all().unwrap().is_empty());
    }
}
