//! What the machine is: RtlGetVersion, GlobalMemoryStatusEx and the registry; and whether this is
//! Windows at all.

use std::ffi::{CStr, c_char};

use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::SystemInformation::{
    GlobalMemoryStatusEx, MEMORYSTATUSEX, OSVERSIONINFOW,
};
use windows_sys::{s, w};

use super::{done, registry};

const PROCESSOR: &str = "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0";

/// The system and its version, such as "Windows 10.0.22631".
pub(crate) fn system() -> String {
    let mut version = OSVERSIONINFOW {
        dwOSVersionInfoSize: size_of::<OSVERSIONINFOW>() as u32,
        ..Default::default()
    };
    // SAFETY: the call writes one such structure, which says how large it is.
    let status = unsafe { RtlGetVersion(&mut version) };
    match status {
        0 => format!(
            "Windows {}.{}.{}",
            version.dwMajorVersion, version.dwMinorVersion, version.dwBuildNumber
        ),
        _ => "Windows".to_owned(),
    }
}

/// The version of Wine, where the system is that and not Windows: its ntdll has a function that
/// tells it, which Windows' has not.
pub(crate) fn wine() -> Option<String> {
    // SAFETY: the name is static, and ntdll is in every process from its begin to its end.
    let ntdll = unsafe { GetModuleHandleW(w!("ntdll.dll")) };
    if ntdll.is_null() {
        return None;
    }
    // SAFETY: the module is loaded, and the name is static.
    let version = unsafe { GetProcAddress(ntdll, s!("wine_get_version")) }?;
    // SAFETY: Wine's documentation gives the function this type.
    let version: extern "C" fn() -> *const c_char = unsafe { std::mem::transmute(version) };
    let version = version();
    if version.is_null() {
        return Some("of an unknown version".to_owned());
    }
    // SAFETY: it gives a static text that ends with a zero.
    let version = unsafe { CStr::from_ptr(version) };
    Some(version.to_string_lossy().into_owned())
}

/// The processor's name, where the system tells.
pub(crate) fn processor_name() -> Option<String> {
    registry::text(PROCESSOR, "ProcessorNameString").filter(|name| !name.is_empty())
}

/// None: Windows itself may run below its own hypervisor, so the processor's mark says nothing.
pub(crate) fn virtual_machine() -> Option<bool> {
    None
}

/// The machine's memory.
pub(crate) fn memory_bytes() -> Option<u64> {
    let mut status = MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        ..Default::default()
    };
    // SAFETY: the call writes one such structure, which says how large it is.
    done(unsafe { GlobalMemoryStatusEx(&mut status) }).ok()?;
    Some(status.ullTotalPhys)
}

/// None: there is no documented call that tells how many ports a client can be given.
pub(crate) fn local_port_count() -> Option<u64> {
    None
}

/// None: the longest queue of connections that wait for an accept is Winsock's own affair.
pub(crate) fn somaxconn() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_memory_and_a_system_with_a_version() {
        assert!(memory_bytes().is_some_and(|bytes| bytes > 1 << 20));
        assert!(system().starts_with("Windows 1"), "{}", system());
    }

    #[test]
    fn wine_has_a_version() {
        // On Windows there is none, and nothing to look at.
        if let Some(version) = wine() {
            assert!(
                version.starts_with(|first: char| first.is_ascii_digit()),
                "{version}"
            );
        }
    }
}
