//! Builds the shipped scenario files into the program, so that it works without a checkout.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../..");
    println!("cargo:rerun-if-changed={}", root.join("scenarios").display());
    let mut files = Vec::new();
    collect(&root, Path::new("scenarios"), &mut files);
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        println!("cargo:rerun-if-changed={}", root.join(file).display());
        let path = root.join(file).canonicalize().expect("just listed");
        writeln!(code, "    ({file:?}, include_str!({:?})),", path.display().to_string())
            .expect("a String takes every text");
    }
    code.push_str("]\n");
    let target = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("scenarios.rs");
    fs::write(target, code).expect("OUT_DIR is writable");
}

/// All YAML files below `root/folder`, as paths relative to `root` with `/`.
fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(folder)).expect("readable").map(|entry| entry.expect("readable")) {
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            println!("cargo:rerun-if-changed={}", root.join(&path).display());
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
}
