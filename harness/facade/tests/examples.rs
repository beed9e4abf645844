//! Every example runs to its end.

use std::path::Path;

#[path = "../examples/in_code.rs"]
mod in_code;
#[path = "../examples/your_client.rs"]
mod your_client;
#[path = "../examples/your_registry.rs"]
mod your_registry;

/// Each with its name.
const EXAMPLES: [(&str, fn()); 3] =
    [("in_code", in_code::main), ("your_client", your_client::main), ("your_registry", your_registry::main)];

#[test]
fn every_example_runs_to_its_end() {
    EXAMPLES.iter().for_each(|(_, main)| main());
}

#[test]
fn every_example_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut there: Vec<_> = std::fs::read_dir(folder)
        .expect("readable")
        .map(|entry| entry.expect("readable").path().file_stem().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    there.sort();
    assert_eq!(there, EXAMPLES.map(|(name, _)| name));
}
