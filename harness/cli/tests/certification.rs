//! `run --certification` as a user sees it: the directory is read back, and what it claims was run.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use support::clean;

fn shakedown(home: &Path, filter: &str, more: &[&str]) -> (Output, String) {
    let output = clean(support::SHAKEDOWN, home)
        .args(["run", "-E", filter, "--certification", "oci"])
        .args(more)
        .current_dir(home)
        .output()
        .expect("shakedown starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

/// The outcome of a name in `results.yaml`.
fn outcome(home: &Path, name: &str) -> String {
    let text = fs::read_to_string(home.join("oci/results.yaml")).expect("results are written");
    let line = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: "))).expect("the name is there");
    line.to_owned()
}

#[test]
fn a_part_of_the_set_claims_what_it_ran_and_says_what_is_missing() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("product.yaml"), "vendor: Example\nname: Lab\n").unwrap();
    let filter = "tag(conformance) & (id(delete-*) | id(tags-list) | id(single-post[small]) | id(round-trip))";
    let (output, said) = shakedown(home.path(), filter, &["--product", "product.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for name in
        ["Blob delete", "Blob delete atomic", "Tag delete atomic", "Tag listing", "Blob post only", "Ping", "Image"]
    {
        assert_eq!(outcome(home.path(), name), "Pass", "{name}");
    }
    for name in ["Blob get", "Referrers", "Manifest head by tag", "Nested Index"] {
        assert_eq!(outcome(home.path(), name), "Skip", "{name}");
    }
    let read = |name: &str| fs::read_to_string(home.path().join("oci").join(name)).expect("it is written");
    assert!(read("PRODUCT.yaml").starts_with("vendor: \"Example\"\nname: \"Lab\"\n"), "{}", read("PRODUCT.yaml"));
    assert!(read("README.md").contains("shakedown run -E 'tag(conformance) & "), "{}", read("README.md"));
    assert!(read("junit.xml").contains("delete-tag") && read("report.html").contains("delete-tag"));
    assert!(said.contains("PRODUCT.yaml has no ") && said.contains("website_url"), "{said}");
    assert!(said.contains("this is not the whole conformance set"), "{said}");
}

#[test]
fn the_whole_set_shows_every_name_that_has_scenarios() {
    let home = tempfile::tempdir().unwrap();
    let (output, said) = shakedown(home.path(), "tag(conformance)", &[]);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("not the whole"), "{said}");
    let text = fs::read_to_string(home.path().join("oci/results.yaml")).expect("results are written");
    let names = text.lines().skip_while(|line| *line != "apis:").filter_map(|line| line.strip_prefix("  "));
    let open: Vec<_> = names.filter(|line| !line.ends_with(": Pass")).collect();
    // The reference registry begins an upload where a mount names no source; such data is pushed by no scenario.
    let expected = [
        "Blob anonymous mount: Skip",
        "Artifact Index: Skip",
        "Artifact without Layers: Skip",
        "Data Field: Skip",
        "Empty Index: Skip",
        "Image Uncompressed: Skip",
        "Nested Index: Skip",
        "Tag Param sha512: Skip",
    ];
    assert_eq!(open, expected, "a call of the table is no longer made, or a new one is");
}

#[test]
fn a_defect_fails_its_api_and_no_other() {
    let home = tempfile::tempdir().unwrap();
    let (output, said) = shakedown(home.path(), "id(delete-blob*) | id(delete-tag)", &["--defect", "tag-deleted-200"]);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(
        (outcome(home.path(), "Tag delete"), outcome(home.path(), "Blob delete")),
        ("FAIL".into(), "Pass".into())
    );
    assert_eq!(outcome(home.path(), "Tag delete atomic"), "Skip", "it was not come to");
}

#[test]
fn a_product_file_is_wrong_at_its_place_before_anything_runs() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("product.yaml"), "vendor: Example\n  vendr: x\nname: [\n").unwrap();
    let (output, said) = shakedown(home.path(), "id(tags-list)", &["--product", "product.yaml"]);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("product.yaml:2:"), "{said}");
    fs::write(home.path().join("product.yaml"), "name: Lab\nvendr: x\n").unwrap();
    let (_, said) = shakedown(home.path(), "id(tags-list)", &["--product", "product.yaml"]);
    assert!(said.contains("product.yaml:2:1: ") && said.contains("vendr"), "{said}");
    assert!(!home.path().join("oci").exists());
}

#[test]
fn a_password_in_the_url_is_refused_and_not_repeated() {
    let home = tempfile::tempdir().unwrap();
    let (output, said) = shakedown(home.path(), "id(tags-list)", &["--system", "http://ann:hunter22@127.0.0.1:9/x"]);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--auth") && !said.contains("hunter22"), "{said}");
    assert!(!home.path().join("oci").exists());
}
