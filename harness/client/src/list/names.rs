//! Lists of names: tags and the catalogue, page by page to the end (TL1-TL9, I10).

use std::collections::BTreeSet;

use http::Uri;
use http::header::LINK;
use serde::Deserialize;
use shakedown_oci::{Link, RepositoryName};

use crate::client::{Client, Op};
use crate::location::{append_query, resolve};
use crate::session::{Answer, Hop};
use crate::{ClientError, Finding, Outcome};

/// Largest page that is read.
const PAGE_LIMIT: usize = 16 * 1024 * 1024;
/// Most names of one list that are kept.
const MOST: usize = 5_000_000;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Names per page; the registry's choice if absent.
    pub n: Option<u32>,
    /// Begin after this name (TL8).
    pub last: Option<String>,
}

/// A whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The repository's name as the list tells it; empty for the catalogue.
    pub name: String,
    /// The names, in the order they came.
    pub entries: Vec<String>,
    /// How many names each page had.
    pub pages: Vec<usize>,
}

#[derive(Deserialize)]
struct RawPage {
    name: Option<String>,
    tags: Option<Vec<String>>,
    repositories: Option<Vec<String>>,
}

impl Client {
    /// All tags of a repository.
    pub async fn tags(&self, repository: &RepositoryName, page: &Page) -> Outcome<Listing> {
        let op = self.op();
        let result = op.names(&format!("{repository}/tags/list"), page).await;
        if let Ok(listing) = &result
            && listing.name != repository.as_str()
        {
            op.ledger.add([Finding::new(
                "TL3",
                None,
                "name of the list",
                repository.as_str(),
                shakedown_oci::quote(&listing.name),
            )]);
        }
        op.ledger.finish(result)
    }

    /// All repositories (`_catalog`, which the specification does not have).
    pub async fn catalog(&self, page: &Page) -> Outcome<Listing> {
        let op = self.op();
        let result = op.names("_catalog", page).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    async fn names(&self, path: &str, page: &Page) -> Result<Listing, ClientError> {
        let mut uri = self.client.uri(path)?;
        if let Some(n) = page.n {
            uri = append_query(&uri, "n", &n.to_string());
        }
        if let Some(last) = &page.last {
            uri = append_query(&uri, "last", last);
        }
        let mut listing = Listing { name: String::new(), entries: Vec::new(), pages: Vec::new() };
        let mut visited = BTreeSet::new();
        let mut next = Some(uri);
        while let Some(uri) = next {
            let mut answer = self.expect(Hop::get(uri.clone()), &[200]).await?;
            visited.insert(uri.to_string());
            let names = self.page(&mut answer, &mut listing.name).await?;
            next = self.next_page(&answer)?;
            self.check_page(&answer, page, names.len(), next.is_some());
            listing.pages.push(names.len());
            listing.entries.extend(names);
            if next.as_ref().is_some_and(|next| visited.contains(&next.to_string())) {
                self.ledger.add([Finding::new(
                    "TL5",
                    answer.trace,
                    "Link of the page",
                    "the next page",
                    "a page seen before",
                )]);
                return Err(answer.unusable("the Link leads back to a page seen before"));
            }
            if listing.entries.len() > MOST {
                return Err(answer.unusable("the list does not end"));
            }
        }
        self.check_order(&listing);
        Ok(listing)
    }

    async fn page(&self, answer: &mut Answer, name: &mut String) -> Result<Vec<String>, ClientError> {
        let bytes = answer.collect(PAGE_LIMIT).await?;
        let page: RawPage = serde_json::from_slice(&bytes).map_err(|_| {
            let excerpt = crate::excerpt::excerpt(&bytes);
            self.ledger.add([Finding::new(
                "TL3",
                answer.trace,
                "body of the list",
                "JSON with name and tags",
                excerpt.clone(),
            )]);
            answer.unusable(format!("the list cannot be read: {excerpt}"))
        })?;
        *name = page.name.unwrap_or_default();
        // Registries written in Go send null for an empty list.
        Ok(page.tags.or(page.repositories).unwrap_or_default())
    }

    /// The page that `Link` leads to, resolved against the request.
    pub(super) fn next_page(&self, answer: &Answer) -> Result<Option<Uri>, ClientError> {
        for value in answer.headers().get_all(LINK) {
            let text = String::from_utf8_lossy(value.as_bytes());
            match Link::find_next(&text) {
                Ok(None) => {}
                Ok(Some(link)) => {
                    let next = resolve(&answer.uri, &link.target);
                    return next.map(Some).map_err(|error| ClientError::Location { at: answer.at(), error });
                }
                Err(error) => {
                    let expected = "<uri>; rel=\"next\"";
                    self.ledger.add([Finding::new(
                        "TL5",
                        answer.trace,
                        "Link of the page",
                        expected,
                        error.to_string(),
                    )]);
                    return Err(answer.unusable(error.to_string()));
                }
            }
        }
        Ok(None)
    }

    fn check_page(&self, answer: &Answer, page: &Page, count: usize, more: bool) {
        let Some(n) = page.n else { return };
        let found = |rule, expected: String| {
            self.ledger.add([Finding::new(rule, answer.trace, "names on a page", expected, count.to_string())]);
        };
        if n == 0 && (count > 0 || more) {
            found("TL6", "none, and no Link".to_owned());
        } else if count > n as usize {
            found("TL4", format!("at most {n}"));
        }
    }

    /// TL2: in byte order, or in the order of letters whatever their case; and no name twice.
    fn check_order(&self, listing: &Listing) {
        let entries = &listing.entries;
        let bytewise = entries.is_sorted();
        let lexical = entries.is_sorted_by_key(|name| name.to_ascii_lowercase());
        if !bytewise && !lexical {
            let out = entries
                .windows(2)
                .find(|pair| pair[0] > pair[1])
                .map_or(String::new(), |pair| format!("{} before {}", pair[0], pair[1]));
            self.ledger.add([Finding::new("TL2", None, "order of the list", "lexical or ASCIIbetical", out)]);
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = entries.iter().find(|name| !seen.insert(*name)) {
            self.ledger.add([Finding::new("TL4", None, "names of the list", "each once", format!("{twice} twice"))]);
        }
    }
}
