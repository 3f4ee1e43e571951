//! Values of the registry below HKEY_LOCAL_MACHINE (RegGetValue).

use std::ptr::null_mut;

use windows_sys::Win32::Foundation::ERROR_SUCCESS;
use windows_sys::Win32::System::Registry::{HKEY_LOCAL_MACHINE, RRF_RT_REG_SZ, RegGetValueW};

/// The longest text that is read, in units of two bytes.
const LENGTH: usize = 256;

/// The text of a value; none where there is no such value, or it is longer than 255 units.
pub(super) fn text(key: &str, name: &str) -> Option<String> {
    let (key, name) = (wide(key), wide(name));
    let mut text = [0_u16; LENGTH];
    let mut bytes = size_of_val(&text) as u32;
    // SAFETY: both names end with a zero and live through the call, as what it writes to does; it
    // writes no more than `bytes`, and the type is not asked for.
    let result = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            RRF_RT_REG_SZ,
            null_mut(),
            text.as_mut_ptr().cast(),
            &mut bytes,
        )
    };
    if result != ERROR_SUCCESS {
        return None;
    }
    // The call ends the text with a zero.
    let length = text.iter().position(|&unit| unit == 0)?;
    Some(String::from_utf16_lossy(&text[..length]).trim().to_owned())
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_does_not_exist_has_no_text() {
        assert_eq!(text("SOFTWARE\\Overport has no such key", "none"), None);
    }
}
