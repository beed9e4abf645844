//! What others can use of this crate is small and known: one list, so that a change to it is seen in review.
//! `INSTA_UPDATE=always cargo test --test public_api` writes it anew.

use std::path::Path;

/// The declaration that begins at `lines[0]`, on one line and without its body.
fn declaration(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let line = line.trim();
        let (part, ended) = match line.find(" {") {
            // A list of names is a part of `pub use`, a body is none of a function.
            Some(_) if text.starts_with("pub use") || line.starts_with("pub use") => (line, line.ends_with(';')),
            Some(at) => (&line[..at], true),
            None => (
                line,
                line.ends_with([';', ',', '}']) && !text.contains('(') && !line.ends_with("(,") || line.ends_with(';'),
            ),
        };
        text.push_str(part);
        text.push(' ');
        if ended {
            break;
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches([';', ',']).to_owned()
}

/// Public items of one file, and what it implements of others' traits.
fn items(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.split("#[cfg(test)]").next().unwrap_or_default().lines().collect();
    let is_public = |line: &str| line.starts_with("pub ") || line.starts_with("impl ") && line.contains(" for ");
    let each = lines.iter().enumerate().filter(|(_, line)| is_public(line.trim()));
    each.map(|(at, line)| {
        let indent = " ".repeat(line.len() - line.trim_start().len());
        format!("{indent}{}", declaration(&lines[at..]))
    })
    .collect()
}

#[test]
fn the_public_api_is_as_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    let mut list = String::new();
    for file in files {
        let items = items(&std::fs::read_to_string(&file).expect("UTF-8"));
        if !items.is_empty() {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            list.push_str(&format!("{name}\n{}\n", items.join("\n")));
        }
    }
    insta::assert_snapshot!(list);
}
