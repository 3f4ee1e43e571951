//! Compiles the C program, to be linked with the functions that it calls.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=program");
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    cc::Build::new()
        .file("program/server.c")
        .file(format!("program/platform_{system}.c"))
        .std("c11")
        .extra_warnings(true)
        // Called by the true main function, which is Rust's.
        .define("main", "raw_server_main")
        .compile("server");
    if system == "windows" {
        println!("cargo::rustc-link-lib=ws2_32");
    }
}
