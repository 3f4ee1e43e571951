//! What processes have used: /proc/PID/{stat,status} and /proc/PID/task (proc(5)).
//!
//! A process may end while it is looked at. Then the call fails with `NotFound`, whichever
//! error the system gave.

use std::fs;
use std::io;

use rustix::io::Errno;

/// A process that has this one as its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChildProcess {
    pub(crate) pid: i32,
    pub(crate) group: i32,
}

/// The times of a process, its parent and its group, from /proc/PID/stat, in clock ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) user_ticks: u64,
    pub(crate) system_ticks: u64,
    /// Those of its children that have ended and been waited for, and of theirs.
    pub(crate) children_user_ticks: u64,
    pub(crate) children_system_ticks: u64,
}

/// The memory and the threads of a process, from /proc/PID/status; none of a process that has
/// ended and was not waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// What is in memory now (VmRSS), pages that it shares with others included.
    pub(crate) rss_bytes: u64,
    /// The most that it ever was (VmHWM).
    pub(crate) rss_peak_bytes: u64,
    pub(crate) threads: u64,
}

/// The processes of a group.
pub(crate) fn members(group: i32) -> io::Result<Vec<i32>> {
    let mut members = Vec::new();
    for pid in numbers_in("/proc")? {
        match times(pid) {
            Ok(times) if times.group == group => members.push(pid),
            // Another's, or it is gone.
            _ => {}
        }
    }
    Ok(members)
}

/// The children of a process, whichever of its threads has started them.
pub(crate) fn children(parent: i32) -> io::Result<Vec<ChildProcess>> {
    let mut children = Vec::new();
    for pid in numbers_in("/proc")? {
        match times(pid) {
            Ok(Times {
                parent: of, group, ..
            }) if of == parent => children.push(ChildProcess { pid, group }),
            // Another's, or it is gone.
            _ => {}
        }
    }
    Ok(children)
}

/// The threads of a process.
pub(crate) fn tasks(pid: i32) -> io::Result<Vec<i32>> {
    numbers_in(&format!("/proc/{pid}/task"))
}

pub(crate) fn times(pid: i32) -> io::Result<Times> {
    let path = format!("/proc/{pid}/stat");
    parse_times(&read(&path)?).ok_or_else(|| unknown_form(&path))
}

pub(crate) fn size(pid: i32) -> io::Result<Size> {
    let path = format!("/proc/{pid}/status");
    parse_size(&read(&path)?).ok_or_else(|| unknown_form(&path))
}

/// How often a thread of a process left the processor, by itself and for others.
pub(crate) fn context_switches(pid: i32, task: i32) -> io::Result<u64> {
    let path = format!("/proc/{pid}/task/{task}/status");
    parse_context_switches(&read(&path)?).ok_or_else(|| unknown_form(&path))
}

/// Whether a thread of a process has ended; it may still be listed.
pub(crate) fn has_ended(pid: i32, task: i32) -> bool {
    match state(pid, task) {
        Ok(state) => matches!(state, 'Z' | 'X'),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// The thread that traces a thread of a process; 0 where none does.
pub(crate) fn tracer(pid: i32, task: i32) -> io::Result<i32> {
    let path = format!("/proc/{pid}/task/{task}/status");
    let tracer = field(&read(&path)?, "TracerPid:").and_then(|number| number.parse().ok());
    tracer.ok_or_else(|| unknown_form(&path))
}

/// Whether a process is stopped by a signal, or by a tracer.
#[cfg(test)]
pub(crate) fn is_stopped(pid: i32) -> bool {
    state(pid, pid).is_ok_and(|state| matches!(state, 'T' | 't'))
}

fn state(pid: i32, task: i32) -> io::Result<char> {
    let path = format!("/proc/{pid}/task/{task}/stat");
    let stat = read(&path)?;
    let state = stat
        .rsplit_once(')')
        .and_then(|(_name, fields)| fields.trim_start().chars().next());
    state.ok_or_else(|| unknown_form(&path))
}

fn numbers_in(folder: &str) -> io::Result<Vec<i32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(gone)? {
        let name = entry.map_err(gone)?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(numbers)
}

fn read(path: &str) -> io::Result<String> {
    fs::read_to_string(path).map_err(gone)
}

/// The system says ESRCH where the file was opened before the process ended.
fn gone(error: io::Error) -> io::Error {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::SRCH) => io::ErrorKind::NotFound.into(),
        _ => error,
    }
}

fn unknown_form(path: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{path} has a form that is not known"),
    )
}

fn parse_times(stat: &str) -> Option<Times> {
    // The name in parentheses may hold anything, parentheses and spaces too.
    let (_name, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    // The state comes before the parent, which is field 4, and the group; the times are 14 to 17.
    let parent = fields.nth(1)?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let mut ticks = fields.skip(8).map(|field| field.parse().ok());
    Some(Times {
        parent,
        group,
        user_ticks: ticks.next()??,
        system_ticks: ticks.next()??,
        children_user_ticks: ticks.next()??,
        children_system_ticks: ticks.next()??,
    })
}

fn parse_size(status: &str) -> Option<Size> {
    let bytes = |name| match field(status, name) {
        Some(text) => text
            .strip_suffix("kB")?
            .trim_end()
            .parse::<u64>()
            .ok()?
            .checked_mul(1024),
        None => Some(0),
    };
    Some(Size {
        rss_bytes: bytes("VmRSS:")?,
        rss_peak_bytes: bytes("VmHWM:")?,
        threads: field(status, "Threads:")?.parse().ok()?,
    })
}

fn parse_context_switches(status: &str) -> Option<u64> {
    let number = |name| field(status, name)?.parse::<u64>().ok();
    Some(number("voluntary_ctxt_switches:")? + number("nonvoluntary_ctxt_switches:")?)
}

fn field<'text>(status: &'text str, name: &str) -> Option<&'text str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim())
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    fn own() -> i32 {
        i32::try_from(process::id()).unwrap()
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "17 (a) b) (c) S 3 16 16 0 -1 0 1 2 3 4 50 60 70 80 20 0 1";
        let times = parse_times(stat).unwrap();
        assert_eq!((times.parent, times.group), (3, 16));
        assert_eq!((times.user_ticks, times.system_ticks), (50, 60));
        assert_eq!(times.children_user_ticks, 70);
        assert_eq!(times.children_system_ticks, 80);
        assert_eq!(parse_times("17 (a) S 1"), None);
    }

    #[test]
    fn a_process_that_has_ended_has_no_memory() {
        let status = "Name:\tx\nState:\tZ (zombie)\nThreads:\t1\n";
        let size = parse_size(status).unwrap();
        assert_eq!((size.rss_bytes, size.threads), (0, 1));
        assert_eq!(parse_size("VmRSS:\t 12 pages\nThreads:\t1\n"), None);
    }

    #[test]
    fn both_kinds_of_context_switches_count() {
        let status = "voluntary_ctxt_switches:\t54\nnonvoluntary_ctxt_switches:\t13\n";
        assert_eq!(parse_context_switches(status), Some(67));
        assert_eq!(
            parse_context_switches("voluntary_ctxt_switches:\t54\n"),
            None
        );
    }

    #[test]
    fn this_process_is_in_its_group_and_has_memory_and_threads() {
        let group = times(own()).unwrap().group;
        assert!(members(group).unwrap().contains(&own()));
        let size = size(own()).unwrap();
        assert!(size.rss_bytes > 0 && size.rss_peak_bytes >= size.rss_bytes && size.threads > 0);
        let tasks = tasks(own()).unwrap();
        assert!(tasks.contains(&own()));
        context_switches(own(), own()).unwrap();
    }

    #[test]
    fn a_process_that_is_gone_is_not_found() {
        assert_eq!(times(i32::MAX).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(tasks(i32::MAX).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
