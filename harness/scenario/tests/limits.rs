//! No input makes the checker panic, hang or take unbounded memory.

use std::fmt::Write as _;

use proptest::prelude::*;
use shakedown_scenario::{FILE_BYTES, Loader, MapSource, Problem, Source, SourceError};

fn problems(text: &str) -> Vec<Problem> {
    let source = MapSource::default().with("x.yaml", text);
    Loader::new(&source).check("x.yaml").err().unwrap_or_default()
}

fn first(text: &str) -> String {
    problems(text).first().map(|problem| problem.message.clone()).unwrap_or_default()
}

#[test]
fn billion_laughs_are_counted_not_laughed() {
    let mut text =
        String::from("title: t\nsteps: []\nvars:\n  a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "  a{level}: &a{level} [{below}]").unwrap();
    }
    assert!(first(&text).contains("aliases stand for more than"), "{}", first(&text));
}

#[test]
fn deep_nesting_is_refused_in_both_styles() {
    for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), deep_block(2_000)] {
        let message = first(&text);
        assert!(message.contains("nested deeper") || message.contains("not YAML"), "{message}");
    }
}

fn deep_block(levels: usize) -> String {
    let mut text = String::new();
    for level in 0..levels.min(1_400) {
        if text.len() + level + 4 > FILE_BYTES {
            break;
        }
        writeln!(text, "{}a:", " ".repeat(level)).unwrap();
    }
    text
}

#[test]
fn a_huge_scalar_is_one_short_message() {
    let found = problems(&format!("title: t\nsteps: []\nspec: [\"{}\"]\n", "x".repeat(FILE_BYTES - 1000)));
    assert!(found.iter().all(|problem| problem.message.len() < 300 && problem.help.len() < 600));
    assert!(shakedown_scenario::render(&found, false).len() < 8_000);
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read() {
    struct Endless;
    impl Source for Endless {
        fn read(&self, _: &str) -> Result<String, SourceError> {
            Ok("a".repeat(FILE_BYTES + 1))
        }
    }
    let found = Loader::new(&Endless).check("x.yaml").unwrap_err();
    assert!(found[0].message.contains("more than the 1048576"), "{}", found[0].message);
}

#[test]
fn control_characters_and_wrong_bytes_are_named() {
    let found = problems("title: a\0b\nsteps: [restart]\n\u{1b}[31m: x\n");
    assert!(!found.is_empty());
    assert!(!shakedown_scenario::render(&found, false).contains(['\0', '\u{1b}']));
    let error = SourceError::text(b"title: caf\xe9\n".to_vec()).unwrap_err();
    assert_eq!(error, SourceError::NotUtf8 { offset: 10 });
}

#[test]
fn wide_files_end_soon() {
    let many = "a: [".to_owned() + &"1,".repeat(300_000) + "1]\n";
    assert!(first(&many).contains("more than 50000 values"), "{}", first(&many));
    let keys: String = (0..20_000).fold(String::new(), |text, n| text + &format!("k{n}: 1\n"));
    assert!(problems(&keys).len() <= 61);
    let includes = format!("title: t\ninclude: [{}]\nsteps: [restart]\n", "w.yaml, ".repeat(5_000));
    let source = MapSource::default()
        .with("x.yaml", includes)
        .with("w.yaml", "include: [v.yaml]\n")
        .with("v.yaml", "vars: {}\n");
    assert!(Loader::new(&source).check("x.yaml").is_err());
}

/// Pieces that are likely to be meant as something.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "title: t\n",
        "steps:\n",
        "- push: ",
        "{ image: a, as: \"${repo}:1\" }",
        "\n",
        "  ",
        "- ",
        "faults:\n",
        "on: s3",
        "effect: ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ": ",
        "${a}",
        "${",
        "$${",
        "&a ",
        "*a",
        "!x ",
        "? ",
        "<<: ",
        "---\n",
        "...\n",
        "| \n",
        "> \n",
        "\"",
        "'",
        "#",
        "\t",
        "\0",
        "\u{feff}",
        "given: ",
        "images: ",
        "for-each: ",
        "vars: ",
        "after: ",
        "no-orphan-uploads",
        "repeat: ",
        "times: 3",
        "1",
        "5xx",
        "é",
        "2s",
        "include: x.yaml\n",
        "%YAML 1.2\n",
        "\r\n",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![".{0,200}", "(?s).{0,200}", pieces()]) {
        let found = problems(&text);
        let shown = shakedown_scenario::render(&found, false);
        prop_assert!(shown.len() <= 20_000 * found.len().max(1));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(text) = SourceError::text(bytes) {
            problems(&text);
        }
    }

    #[test]
    fn a_cut_or_changed_scenario_is_refused_or_read(at in 0usize..700, with in pieces()) {
        let whole = include_str!("whole.yaml");
        let at = (0..=at.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
        problems(&whole[..at]);
        problems(&format!("{}{with}{}", &whole[..at], &whole[at..]));
    }
}
