//! Builds the shipped files of systems and stores into the library, so that one more is one more file.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let systems = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../scenarios/systems");
    list(&systems, "systems.rs");
    list(&systems.join("stores"), "stores.rs");
}

/// Writes the names and texts of the files of a folder as Rust.
fn list(folder: &Path, into: &str) {
    println!("cargo:rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    let mut code = String::from("&[\n");
    for file in files {
        println!("cargo:rerun-if-changed={}", file.display());
        let path = file.canonicalize().expect("just listed").display().to_string();
        let name = file.file_stem().expect("it has a name").to_string_lossy();
        writeln!(code, "    ({name:?}, include_str!({path:?})),").expect("a String takes every text");
    }
    code.push_str("]\n");
    let target = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join(into);
    fs::write(target, code).expect("OUT_DIR is writable");
}
