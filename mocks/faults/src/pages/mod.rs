//! Whole pages as gateways, portals and firewalls send them, byte for byte. One file beside this one and one line in the list.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

use crate::gateway::GatewayServer;
use crate::names::Unknown;

/// An answer body somebody really sends, with the head lines that go with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// Name used in files.
    pub name: &'static str,
    /// The status it comes with, unless a file says otherwise.
    pub status: u16,
    /// `Server` header, where there is one.
    pub server: Option<&'static str>,
    /// The bytes.
    pub bytes: &'static [u8],
}

macro_rules! pages {
    ($($name:literal $status:literal $server:expr;)*) => {
        /// All pages, in the order of their names.
        pub const PAGES: &[Page] = &[$(Page {
            name: $name,
            status: $status,
            server: $server,
            bytes: include_bytes!(concat!($name, ".html")),
        }),*];

        const NAMES: &[&str] = &[$($name),*];
    };
}

pages! {
    "captive-portal-200" 200 None;
    "nginx-401" 401 Some("nginx/1.22.1");
    "nginx-403" 403 Some("nginx/1.22.1");
    "nginx-404" 404 Some("nginx/1.22.1");
    "nginx-413" 413 Some("nginx/1.22.1");
    "nginx-502" 502 Some("nginx/1.22.1");
    "nginx-503" 503 Some("nginx/1.22.1");
    "nginx-504" 504 Some("nginx/1.22.1");
    "openresty-404" 404 Some("openresty/1.15.8.2");
    "waf-403" 403 None;
}

/// Reference to a page, as files write it: its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageName(pub &'static Page);

impl PageName {
    /// The page of this name.
    pub fn named(name: &str) -> Option<Self> {
        PAGES.iter().find(|page| page.name == name).map(Self)
    }
}

impl<'de> Deserialize<'de> for PageName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = PageName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a captured page, such as openresty-404")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<PageName, E> {
                PageName::named(name).ok_or_else(|| E::custom(Unknown { what: "a captured page", name, known: NAMES }))
            }
        }

        deserializer.deserialize_str(Name)
    }
}

impl Serialize for PageName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name)
    }
}

impl JsonSchema for PageName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PageName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": NAMES, "description": "A captured page." })
    }
}

/// The page that the gateway of field report B01 (`openresty/1.15.8.2`) makes for a status of its own.
pub fn gateway_page(status: http::StatusCode) -> (String, &'static str) {
    let server = GatewayServer::Openresty;
    (page_of(server, status), server.name())
}

/// The page that a gateway makes for a status of its own.
pub fn page_of(server: GatewayServer, status: http::StatusCode) -> String {
    // nginx's own names for these statuses differ from RFC 9110's.
    let reason = match status.as_u16() {
        401 => "Authorization Required",
        408 => "Request Time-out",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Large",
        416 => "Requested Range Not Satisfiable",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => status.canonical_reason().unwrap_or("Unknown"),
    };
    let title = format!("{} {reason}", status.as_u16());
    page(server, &title, &title, "")
}

/// nginx's answer to http on a port of https.
pub fn plain_http_page(server: GatewayServer) -> String {
    let words = "The plain HTTP request was sent to HTTPS port";
    page(server, &format!("400 {words}"), "400 Bad Request", &format!("<center>{words}</center>\r\n"))
}

fn page(server: GatewayServer, title: &str, heading: &str, more: &str) -> String {
    let server = server.name();
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{heading}</h1></center>\r\n\
         {more}<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[test]
    fn the_page_of_the_field_report_has_its_159_bytes() {
        let PageName(page) = PageName::named("openresty-404").unwrap();
        assert_eq!(page.bytes.len(), 159);
        assert_eq!(page.bytes, gateway_page(StatusCode::NOT_FOUND).0.as_bytes());
    }

    #[test]
    fn pages_made_for_a_status_read_as_nginx_writes_them() {
        for status in [401, 403, 404, 413, 502, 503, 504] {
            let PageName(page) = PageName::named(&format!("nginx-{status}")).unwrap();
            let (made, server) = gateway_page(StatusCode::from_u16(status).unwrap());
            assert_eq!(page.status, status);
            assert_eq!(String::from_utf8_lossy(page.bytes), made.replace(server, "nginx/1.22.1"));
        }
    }

    #[test]
    fn names_are_sorted_and_known() {
        assert!(NAMES.is_sorted());
        assert!(PageName::named("apache-404").is_none());
    }
}
