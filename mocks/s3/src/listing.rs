//! One page of a listing: UTF-8 byte order, prefix, delimiter, marker, length. For objects, uploads and parts alike.
//! Not here: the XML (`ops`), what is visible (`visibility`).

/// What a listing asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    /// Only what sorts after this; a common prefix stands for all keys below it.
    pub(crate) after: Option<String>,
    pub(crate) max: usize,
}

/// One line of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry<T> {
    Item(String, T),
    Prefix(String),
}

impl<T> Entry<T> {
    /// The key or common prefix: what a marker for the next page is made of.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Item(name, _) | Self::Prefix(name) => name,
        }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) entries: Vec<Entry<T>>,
    pub(crate) truncated: bool,
}

impl<T> Page<T> {
    /// The items without the common prefixes.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, &T)> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Item(key, value) => Some((key.as_str(), value)),
            Entry::Prefix(_) => None,
        })
    }

    /// The common prefixes.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Prefix(prefix) => Some(prefix.as_str()),
            Entry::Item(..) => None,
        })
    }
}

impl Window {
    /// The common prefix a key falls into.
    fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty())?;
        let rest = key.strip_prefix(self.prefix.as_str())?;
        let at = rest.find(delimiter)?;
        Some(&key[..self.prefix.len() + at + delimiter.len()])
    }

    /// Whether the marker excludes a key.
    fn passed(&self, key: &str) -> bool {
        let Some(after) = self.after.as_deref() else { return false };
        key <= after || (self.group(after) == Some(after) && key.starts_with(after))
    }

    /// Reads a page from entries in byte order. `look` tells what a read sees of an entry; its flag says whether the look
    /// counts as one that would have shown it.
    pub(crate) fn page<'a, S: 'a, T>(
        &self,
        entries: impl Iterator<Item = (&'a str, &'a S)>,
        mut look: impl FnMut(&'a S, bool) -> Option<T>,
    ) -> Page<T> {
        let mut page = Page { entries: Vec::new(), truncated: false };
        if self.max == 0 {
            return page;
        }
        let mut group: Option<&str> = None;
        for (key, entry) in entries {
            if !key.starts_with(self.prefix.as_str()) {
                if key > self.prefix.as_str() {
                    break;
                }
                continue;
            }
            if self.passed(key) || group.is_some_and(|group| key.starts_with(group)) {
                continue;
            }
            let full = page.entries.len() >= self.max;
            let Some(value) = look(entry, !full) else { continue };
            if full {
                page.truncated = true;
                break;
            }
            group = self.group(key);
            page.entries.push(match group {
                Some(group) => Entry::Prefix(group.to_owned()),
                None => Entry::Item(key.to_owned(), value),
            });
        }
        page
    }

    /// Where in byte order a page can begin.
    pub(crate) fn start(&self) -> &str {
        match &self.after {
            Some(after) if after.as_str() > self.prefix.as_str() => after,
            _ => &self.prefix,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// What a listing without pages must give, straight from the definition.
    fn model(keys: &BTreeMap<String, ()>, prefix: &str, delimiter: Option<&str>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for key in keys.keys().filter(|key| key.starts_with(prefix)) {
            let rest = &key[prefix.len()..];
            let name = match delimiter.and_then(|delimiter| rest.find(delimiter)) {
                Some(at) => key[..prefix.len() + at + 1].to_owned(),
                None => key.clone(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.sort();
        names
    }

    fn all_pages(keys: &BTreeMap<String, ()>, mut window: Window) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..1000 {
            let start = window.start().to_owned();
            let entries = keys.range(start..).map(|(key, value)| (key.as_str(), value));
            let page = window.page(entries, |(), _| Some(()));
            assert!(page.entries.len() <= window.max);
            names.extend(page.entries.iter().map(|entry| entry.name().to_owned()));
            if !page.truncated {
                return names;
            }
            window.after = page.entries.last().map(|entry| entry.name().to_owned());
        }
        panic!("paging does not end");
    }

    #[test]
    fn byte_order_not_alphabet() {
        let keys: BTreeMap<String, ()> =
            ["a-b", "a/b", "a.b", "aB", "ab", "é", "z", "\u{10000}"].map(|k| (k.to_owned(), ())).into();
        let window = Window { max: 2, ..Window::default() };
        assert_eq!(all_pages(&keys, window), ["a-b", "a.b", "a/b", "aB", "ab", "z", "é", "\u{10000}"]);
    }

    #[test]
    fn an_empty_page_was_asked_for() {
        let keys: BTreeMap<String, ()> = [("a".to_owned(), ())].into();
        let page = Window::default().page(keys.iter().map(|(k, v)| (k.as_str(), v)), |(), _| Some(()));
        assert_eq!(page, Page { entries: vec![], truncated: false });
    }

    proptest! {
        #[test]
        fn the_union_of_all_pages_is_the_listing_each_once_in_order(
            keys in proptest::collection::btree_map("[ab/é-]{1,6}", Just(()), 0..40),
            prefix in "[ab/]{0,2}",
            delimiter in proptest::option::of(Just("/".to_owned())),
            max in 1usize..5,
        ) {
            let want = model(&keys, &prefix, delimiter.as_deref());
            let got = all_pages(&keys, Window { prefix, delimiter, after: None, max });
            prop_assert_eq!(got, want);
        }
    }
}
