//! Windows.
#![expect(
    unsafe_code,
    reason = "the calls of Windows, each with why it is sound"
)]

pub(crate) mod event;
