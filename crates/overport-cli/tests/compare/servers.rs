//! Servers to enter into a comparison: right ones and faulty ones.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The value of `--server` for a right server under `name`.
pub(crate) fn right(name: &str) -> String {
    faulty(name, "")
}

/// The value of `--server` for the faulty server under `name`, with the words of `options`:
/// `faulty("liar", "--fault changes --after 100")`.
pub(crate) fn faulty(name: &str, options: &str) -> String {
    let path = faulty_server().to_str().unwrap();
    format!("{name}=\"{path}\" --listen 127.0.0.1:{{port}} {options}")
}

/// The value of `--server` for a program that isn't there, under `name`.
pub(crate) fn missing(name: &str) -> String {
    let path = faulty_server().with_file_name("no-such-server");
    let path = path.to_str().unwrap();
    format!("{name}=\"{path}\" {{port}}")
}

/// The example `faulty-server`. `cargo test` builds it before the tests; where only some of the
/// tests were asked for it is built here.
fn faulty_server() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        // This test is in deps/ of the profile's folder, the examples are in examples/.
        let test = env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let path = profile
            .join("examples/faulty-server")
            .with_extension(env::consts::EXE_EXTENSION);
        if !path.exists() {
            build(profile);
        }
        assert!(path.exists(), "{} is missing", path.display());
        path
    })
}

fn build(profile: &Path) {
    let name = match profile.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        name => name,
    };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", env!("CARGO_PKG_NAME")])
        .args(["--example", "faulty-server", "--profile", name])
        .arg("--target-dir")
        .arg(profile.parent().unwrap())
        .status();
    assert!(built.unwrap().success(), "faulty-server can't be built");
}
