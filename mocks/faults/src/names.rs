//! What is said about a name that nobody knows. One text for all lists, raised as a custom error: those carry the place of the
//! value, where serde's own `unknown_variant` would carry that of its key.

use std::fmt;

/// The sentence for a name that is not in the list.
pub(crate) struct Unknown<'a> {
    pub(crate) what: &'static str,
    pub(crate) name: &'a str,
    pub(crate) known: &'static [&'static str],
}

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.name, self.what)?;
        match nearest(self.name, self.known) {
            Some(near) => write!(f, "; did you mean `{near}`?")?,
            None => f.write_str(".")?,
        }
        write!(f, " Known: {}", self.known.join(", "))
    }
}

/// The known name that takes the fewest changes, if they are few for its length.
fn nearest(name: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, &known.to_lowercase());
    let (changes, near) = known.iter().map(|known| (distance(known), *known)).min()?;
    (changes <= 1 + near.len() / 5).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_offered_and_a_far_one_is_not() {
        let told = |name| Unknown { what: "a fruit", name, known: &["apple", "pear"] }.to_string();
        assert_eq!(told("appel"), "`appel` is not a fruit; did you mean `apple`? Known: apple, pear");
        assert_eq!(told("PEAR"), "`PEAR` is not a fruit; did you mean `pear`? Known: apple, pear");
        assert_eq!(told("onion"), "`onion` is not a fruit. Known: apple, pear");
    }
}
