//! GetProcessAffinityMask, SetProcessAffinityMask, and the cores of
//! GetLogicalProcessorInformation.
//!
//! Threads do not inherit an affinity on Windows, and child processes inherit that of the process;
//! so it is the process that is bound, with all its threads. The gap: a machine with more than 64
//! processors has groups of them, of which only this process's own is seen.

use std::io;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, HANDLE};
use windows_sys::Win32::System::SystemInformation::{
    GetLogicalProcessorInformation, RelationProcessorCore, SYSTEM_LOGICAL_PROCESSOR_INFORMATION,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetProcessAffinityMask, SetProcessAffinityMask,
};

use super::done;

/// The processors that this process may use, in ascending order.
pub(crate) fn usable() -> io::Result<Vec<usize>> {
    // SAFETY: the call takes nothing and gives a pseudo handle, which is not to be closed.
    numbers_of(unsafe { GetCurrentProcess() })
}

/// How many threads can run at once: one for each usable processor.
pub(crate) fn parallelism() -> usize {
    usable().map_or(1, |usable| usable.len().max(1))
}

/// Binds this process, and the processes that it starts from now on, to `cpus`.
///
/// Fails with `InvalidInput` where one of them can't be used.
pub(crate) fn pin(cpus: &[usize]) -> io::Result<()> {
    // SAFETY: the call takes nothing and gives a pseudo handle, which is not to be closed.
    bind_handle(unsafe { GetCurrentProcess() }, cpus)
}

/// The same for another process.
pub(super) fn bind(process: &impl AsRawHandle, cpus: &[usize]) -> io::Result<()> {
    bind_handle(process.as_raw_handle(), cpus)
}

/// What tells the core of a processor from the others: the lowest of the processors that share
/// it. None where the system does not tell.
pub(crate) fn core(cpu: usize) -> Option<usize> {
    let wanted = mask(&[cpu]).ok()?;
    let cores = cores().ok()?;
    let core = cores.into_iter().find(|mask| mask & wanted != 0)?;
    Some(core.trailing_zeros() as usize)
}

/// The processors that the leader of a group may use.
#[cfg(test)]
pub(crate) fn of(group: &super::group::GroupId) -> io::Result<Vec<usize>> {
    let leader = group.job().processes()?[0];
    numbers_of(super::process::open(leader)?.as_raw_handle())
}

fn bind_handle(process: HANDLE, cpus: &[usize]) -> io::Result<()> {
    let mask = mask(cpus)?;
    // SAFETY: the handle is open or a pseudo handle.
    done(unsafe { SetProcessAffinityMask(process, mask) })
}

fn numbers_of(process: HANDLE) -> io::Result<Vec<usize>> {
    let (mut own, mut all) = (0, 0);
    // SAFETY: the handle is open or a pseudo handle; the call writes two masks, which live through
    // it.
    done(unsafe { GetProcessAffinityMask(process, &mut own, &mut all) })?;
    let bits = 0..usize::BITS as usize;
    Ok(bits.filter(|&cpu| own >> cpu & 1 == 1).collect())
}

fn mask(cpus: &[usize]) -> io::Result<usize> {
    cpus.iter().try_fold(0, |mask, &cpu| {
        let bit = u32::try_from(cpu)
            .ok()
            .and_then(|cpu| 1_usize.checked_shl(cpu));
        Ok(mask | bit.ok_or(io::ErrorKind::InvalidInput)?)
    })
}

/// The processors of each core, as masks.
fn cores() -> io::Result<Vec<usize>> {
    let size = size_of::<SYSTEM_LOGICAL_PROCESSOR_INFORMATION>();
    let mut room = 64;
    loop {
        let mut all = vec![SYSTEM_LOGICAL_PROCESSOR_INFORMATION::default(); room];
        let mut bytes = (room * size) as u32;
        // SAFETY: the call writes no more bytes than it is told there are.
        match done(unsafe { GetLogicalProcessorInformation(all.as_mut_ptr(), &mut bytes) }) {
            Ok(()) => {
                all.truncate(bytes as usize / size);
                let cores = all.iter();
                let cores = cores.filter(|of| of.Relationship == RelationProcessorCore);
                return Ok(cores.map(|core| core.ProcessorMask).collect());
            }
            Err(error) if error.raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER as i32) => {
                room *= 2;
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_can_be_bound_to_the_processors_that_it_has() {
        let usable = usable().unwrap();
        pin(&usable).unwrap();
        assert_eq!(super::usable().unwrap(), usable);
    }

    #[test]
    fn a_processor_that_does_not_exist_has_no_core_and_is_an_error() {
        assert_eq!(core(usize::MAX), None);
        let refused = pin(&[usize::MAX]).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    }
}
