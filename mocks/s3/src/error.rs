//! S3's error answers: code, status, XML with request id. Not here: who decides that something is an error.

use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use shakedown_wire::{Body, Response};

use crate::xml::XmlWriter;

/// One line per code: name, status, the message unless somebody says more.
macro_rules! codes {
    ($($name:ident $status:literal $message:literal)*) => {
        /// The S3 error codes this store answers with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(
                #[doc = concat!("`", stringify!($name), "`, status ", stringify!($status), ".")]
                $name,
            )*
        }

        impl Code {
            /// As written in `<Code>`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The HTTP status that belongs to it.
            pub fn status(self) -> StatusCode {
                let number: u16 = match self { $(Self::$name => $status,)* };
                StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    AccessControlListNotSupported 400 "The bucket does not allow ACLs"
    AccessDenied 403 "Access Denied"
    AuthorizationHeaderMalformed 400 "The authorization header you provided is invalid."
    AuthorizationQueryParametersError 400 "Query-string authentication requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
    BadDigest 400 "The Content-MD5 you specified did not match what we received."
    BucketAlreadyOwnedByYou 409 "Your previous request to create the named bucket succeeded and you already own it."
    BucketNotEmpty 409 "The bucket you tried to delete is not empty"
    EntityTooLarge 400 "Your proposed upload exceeds the maximum allowed size"
    EntityTooSmall 400 "Your proposed upload is smaller than the minimum allowed size"
    IncompleteBody 400 "You did not provide the number of bytes specified by the Content-Length HTTP header"
    InternalError 500 "We encountered an internal error. Please try again."
    InvalidAccessKeyId 403 "The AWS Access Key Id you provided does not exist in our records."
    InvalidArgument 400 "Invalid Argument"
    InvalidBucketName 400 "The specified bucket is not valid."
    InvalidDigest 400 "The Content-MD5 you specified was invalid."
    InvalidPart 400 "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
    InvalidPartOrder 400 "The list of parts was not in ascending order. Parts must be ordered by part number."
    InvalidRange 416 "The requested range is not satisfiable"
    InvalidRequest 400 "Invalid Request"
    InvalidStorageClass 400 "The storage class you specified is not valid"
    InvalidToken 400 "The provided token is malformed or otherwise invalid."
    InvalidURI 400 "Couldn't parse the specified URI."
    KeyTooLongError 400 "Your key is too long"
    MalformedTrailerError 400 "The request contained trailing data that was not well-formed or did not conform to our published schema."
    MalformedXML 400 "The XML you provided was not well-formed or did not validate against our published schema"
    MaxMessageLengthExceeded 400 "Your request was too big."
    MetadataTooLarge 400 "Your metadata headers exceed the maximum allowed metadata size"
    MethodNotAllowed 405 "The specified method is not allowed against this resource."
    MissingContentLength 411 "You must provide the Content-Length HTTP header."
    NoSuchBucket 404 "The specified bucket does not exist"
    NoSuchKey 404 "The specified key does not exist."
    NoSuchUpload 404 "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    NotImplemented 501 "A header or query you provided implies functionality that is not implemented"
    NotModified 304 "Not Modified"
    PreconditionFailed 412 "At least one of the pre-conditions you specified did not hold"
    RequestTimeTooSkewed 403 "The difference between the request time and the current time is too large."
    SecondLevelDomainForbidden 403 "Please use virtual hosted style to access."
    ServiceUnavailable 503 "Reduce your request rate."
    SignatureDoesNotMatch 403 "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    TooManyBuckets 400 "You have attempted to create more buckets than allowed"
    XAmzContentSHA256Mismatch 400 "The provided 'x-amz-content-sha256' header does not match what was computed."
}

/// An error as S3 answers it. Never holds a secret: messages are fixed texts or about sizes and names.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct S3Error {
    /// The code; it decides the status.
    pub code: Code,
    /// For people.
    pub message: String,
    /// Further elements of the XML, in order.
    pub details: Vec<(&'static str, String)>,
    /// `Content-Range` of a 416.
    pub content_range: Option<String>,
}

impl From<Code> for S3Error {
    fn from(code: Code) -> Self {
        Self { code, message: code.message().to_owned(), details: Vec::new(), content_range: None }
    }
}

impl S3Error {
    /// An error with its own words.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..code.into() }
    }

    /// `InvalidArgument` about a named argument.
    pub fn argument(name: &str, value: &str, message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
            .with("ArgumentName", name)
            .with("ArgumentValue", value.chars().take(256).collect::<String>())
    }

    /// Adds one element to the XML.
    #[must_use]
    pub fn with(mut self, element: &'static str, text: impl ToString) -> Self {
        self.details.push((element, text.to_string()));
        self
    }

    /// The answer. A HEAD request and a 304 get no body.
    pub(crate) fn into_response(self, resource: &str, ids: &RequestIds, bodyless: bool) -> Response {
        let status = self.code.status();
        let mut response = http::Response::new(Body::empty());
        *response.status_mut() = status;
        if let Some(value) = self.content_range.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            response.headers_mut().insert(CONTENT_RANGE, value);
        }
        if status == StatusCode::NOT_MODIFIED {
            return response;
        }
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        if bodyless {
            return response;
        }
        let text = self.xml(resource, ids);
        response.headers_mut().insert(CONTENT_LENGTH, text.len().into());
        *response.body_mut() = Body::full(text);
        response
    }

    fn xml(&self, resource: &str, ids: &RequestIds) -> String {
        let mut xml = XmlWriter::bare("Error");
        xml.text("Code", self.code.name()).text("Message", &self.message);
        for (element, text) in &self.details {
            xml.text(element, text);
        }
        xml.text("Resource", resource).text("RequestId", &ids.request).text("HostId", &ids.host);
        xml.finish()
    }
}

/// The two ids of every answer: `x-amz-request-id` and `x-amz-id-2`.
#[derive(Debug, Clone)]
pub(crate) struct RequestIds {
    pub(crate) request: String,
    pub(crate) host: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> RequestIds {
        RequestIds { request: "0000000000000001".into(), host: "aG9zdA==".into() }
    }

    #[tokio::test]
    async fn an_error_is_xml_with_its_ids() {
        let error = S3Error::from(Code::NoSuchKey).with("Key", "a&b");
        let answer = error.into_response("/lab/a&b", &ids(), false);
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.headers()["content-type"], "application/xml");
        let text = answer.into_body().collect(4096).await.unwrap();
        insta::assert_snapshot!(std::str::from_utf8(&text).unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&amp;b</Key><Resource>/lab/a&amp;b</Resource><RequestId>0000000000000001</RequestId><HostId>aG9zdA==</HostId></Error>
        "#);
    }

    #[tokio::test]
    async fn head_and_304_have_no_body() {
        for (error, bodyless) in [(Code::NoSuchKey, true), (Code::NotModified, false)] {
            let answer = S3Error::from(error).into_response("/lab/a", &ids(), bodyless);
            assert_eq!(answer.status(), error.status());
            assert_eq!(answer.into_body().collect(10).await.unwrap(), "");
        }
    }
}
