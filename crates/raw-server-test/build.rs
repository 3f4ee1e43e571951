//! Compiles the C program and links it with the functions that it calls.

fn main() {
    println!("cargo::rerun-if-changed=program");
    if std::env::var_os("CARGO_CFG_WINDOWS").is_some() {
        return;
    }
    cc::Build::new()
        .file("program/server.c")
        .std("c11")
        .extra_warnings(true)
        // Not as a library of this package, of which its test would get a part, too.
        .cargo_metadata(false)
        .compile("server");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    println!("cargo::rustc-link-arg-bins={out}/libserver.a");
}
