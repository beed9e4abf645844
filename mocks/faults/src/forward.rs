//! What a forward proxy does to everything that passes it, as files write it: the proxy that a company puts between its machines and the
//! rest (E10). Not here: how it is carried out (`shakedown-peers`), and single misdeeds, which are faults (`on: forward-proxy`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pages::PageName;
use crate::units::{Size, Span};

/// A forward proxy. Without settings it passes everything on, streamed, to the host that each request names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ForwardProxySettings {
    /// Whose requests go through it.
    pub r#for: ProxyUser,
    /// Who may use it: a request without the right `Proxy-Authorization` is answered 407 (RFC 9110 section 15.5.8).
    #[serde(skip_serializing_if = "is_default")]
    pub login: ProxyLogin,
    /// Every request is answered with this page and its status: a portal that wants a click, a filter that dislikes the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<PageName>,
    /// It listens, and closes each connection without an answer.
    #[serde(skip_serializing_if = "is_default")]
    pub dead: bool,
    /// Larger request bodies are answered 413.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<Size>,
    /// A request body without `Content-Length` is answered 411 (RFC 9110 section 15.5.12), as proxies that speak HTTP/1.0 inside do.
    #[serde(skip_serializing_if = "is_default")]
    pub refuse_chunked: bool,
    /// `Authorization` goes no further.
    #[serde(skip_serializing_if = "is_default")]
    pub drop_authorization: bool,
    /// Each request waits so long before it is sent on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
}

/// Who is told to use it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyUser {
    /// The clients of the registry, and programs that steps run.
    #[default]
    Client,
    /// The registry: on its way to its storage, its upstream and its webhooks.
    Registry,
}

/// Whom it lets pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyLogin {
    /// Everybody.
    #[default]
    None,
    /// Who has its user and password; its users are told both.
    Asked,
    /// Nobody: it asks, and no login is good.
    Wall,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl ForwardProxySettings {
    /// What is wrong with these settings, for the author of a file.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let others = Self { r#for: self.r#for, dead: self.dead, ..Self::default() };
        if self.dead && *self != others {
            found.push("`dead`: a proxy that answers nothing has no other habits; take them out".to_owned());
        }
        if self.page.is_some() && (self.body_limit.is_some() || self.refuse_chunked || self.drop_authorization) {
            found.push(
                "`page`: nothing passes, so nothing of what passes can be changed; take the other out".to_owned(),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_meant_are_told() {
        let text = "{ for: registry, dead: true, page: waf-403, refuse-chunked: true }";
        let settings: ForwardProxySettings = serde_saphyr::from_str(text).unwrap();
        assert_eq!(settings.problems().len(), 2, "{:?}", settings.problems());
        assert!(ForwardProxySettings::default().problems().is_empty());
    }
}
