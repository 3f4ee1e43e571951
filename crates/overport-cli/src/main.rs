//! The `overport` program.
fn main() {}
