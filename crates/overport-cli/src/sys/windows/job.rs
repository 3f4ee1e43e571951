//! A job object: processes that are counted and ended together, and with them all that they start.

use std::io;
use std::mem::offset_of;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::ERROR_MORE_DATA;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, JOBOBJECT_BASIC_PROCESS_ID_LIST,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectBasicAccountingInformation,
    JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation, QueryInformationJobObject,
    SetInformationJobObject, TerminateJobObject,
};

use super::done;
use super::process::{Times, owned};

/// A job whose processes end when its last handle is closed, at the latest with this process.
#[derive(Debug)]
pub(super) struct Job(OwnedHandle);

/// What the processes of a job have used, those included that have ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accounting {
    /// Zero where the system does not count it, as Wine 10.
    pub(super) times: Times,
    pub(super) active_processes: u32,
}

/// How many processes there is room for at first.
const PROCESSES: usize = 64;

impl Job {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: both pointers may be null: no attributes, so no heir, and no name.
        let job = Self(owned(unsafe { CreateJobObjectW(null(), null()) })?);
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        // SAFETY: the handle is open, and the limits are of the type that the class names and live
        // through the call.
        done(unsafe {
            SetInformationJobObject(
                job.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size_of_val(&limits) as u32,
            )
        })?;
        Ok(job)
    }

    /// Takes a process in, which must not have started another yet.
    pub(super) fn take(&self, process: &impl AsRawHandle) -> io::Result<()> {
        // SAFETY: both handles are open.
        done(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process.as_raw_handle()) })
    }

    /// Ends all its processes at once.
    pub(super) fn terminate(&self) -> io::Result<()> {
        // SAFETY: the handle is open.
        done(unsafe { TerminateJobObject(self.0.as_raw_handle(), EXIT_CODE) })
    }

    pub(super) fn accounting(&self) -> io::Result<Accounting> {
        let mut all = JOBOBJECT_BASIC_ACCOUNTING_INFORMATION::default();
        // SAFETY: the handle is open, and the figures are of the type that the class names and
        // live through the call.
        done(unsafe {
            QueryInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectBasicAccountingInformation,
                (&raw mut all).cast(),
                size_of_val(&all) as u32,
                null_mut(),
            )
        })?;
        let ns = |time: i64| u64::try_from(time).unwrap_or(0).saturating_mul(100);
        Ok(Accounting {
            times: Times {
                user_ns: ns(all.TotalUserTime),
                system_ns: ns(all.TotalKernelTime),
            },
            active_processes: all.ActiveProcesses,
        })
    }

    /// The numbers of the processes that it has now.
    pub(super) fn processes(&self) -> io::Result<Vec<u32>> {
        let mut room = PROCESSES;
        loop {
            match self.list(room) {
                Err(error) if error.raw_os_error() == Some(ERROR_MORE_DATA as i32) => room *= 2,
                listed => return listed,
            }
        }
    }

    fn list(&self, room: usize) -> io::Result<Vec<u32>> {
        // The list's head is two numbers of four bytes, and the numbers behind it are as wide as a
        // pointer.
        const HEAD: usize =
            offset_of!(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList).div_ceil(size_of::<usize>());
        let mut list = vec![0_usize; HEAD + room];
        // SAFETY: the handle is open; the memory is aligned as the list, and the call writes no
        // more than it is told there is.
        done(unsafe {
            QueryInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectBasicProcessIdList,
                list.as_mut_ptr().cast(),
                size_of_val(&list[..]) as u32,
                null_mut(),
            )
        })?;
        // SAFETY: the memory holds the head at least, which is numbers.
        let head = unsafe { &*list.as_ptr().cast::<JOBOBJECT_BASIC_PROCESS_ID_LIST>() };
        let count = head.NumberOfProcessIdsInList as usize;
        let numbers = list[HEAD..].iter().take(count);
        Ok(numbers.map(|&number| number as u32).collect())
    }
}

/// What the processes seem to end with that are ended with the job.
const EXIT_CODE: u32 = 1;
