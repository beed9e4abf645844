//! What the three kinds of listings share: how long a page is, how names are written, and what page faults do to them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shakedown_faults::PageFault;

use crate::call::Call;
use crate::error::{Code, S3Error};
use crate::listing::{Entry, Page, Window};

/// `encoding-type=url` keeps slashes, as AWS does.
const URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/');

/// Writes keys and prefixes as the client asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    url: bool,
}

impl Names {
    pub(super) fn of(call: &Call) -> Result<Self, S3Error> {
        match call.target.query.get("encoding-type") {
            None | Some("") => Ok(Self { url: false }),
            Some("url") => Ok(Self { url: true }),
            Some(other) => {
                Err(S3Error::argument("encoding-type", other, "Invalid Encoding Method specified in Request"))
            }
        }
    }

    pub(super) fn is_url(self) -> bool {
        self.url
    }

    pub(super) fn write(self, name: &str) -> String {
        if self.url { utf8_percent_encode(name, URL).to_string().replace("%20", "+") } else { name.to_owned() }
    }
}

/// The page length that was asked for, capped.
pub(super) fn length(call: &Call, name: &'static str) -> Result<usize, S3Error> {
    let max = call.config.limits.max_keys;
    let asked = call.target.query.number(name, u32::try_from(max).unwrap_or(u32::MAX))?;
    Ok(usize::try_from(asked).unwrap_or(usize::MAX).min(max))
}

/// What a page fault makes of a request: the window that is really read.
pub(super) fn misread(faults: &[PageFault], window: &Window) -> Window {
    let mut window = window.clone();
    for fault in faults {
        match fault {
            PageFault::Stuck => window.after = None,
            PageFault::Size(size) => window.max = window.max.min(usize::try_from(*size).unwrap_or(usize::MAX)),
            PageFault::IgnorePrefix => window.prefix.clear(),
            _ => {}
        }
    }
    window
}

/// What a page fault makes of a page that was read. False: the page must not say how to go on.
pub(super) fn spoil<T>(faults: &[PageFault], prefix: &str, page: &mut Page<T>) -> Result<bool, S3Error> {
    let mut says_next = true;
    for fault in faults {
        match fault {
            PageFault::Stuck => page.truncated = true,
            PageFault::NoNextMarker => {
                page.truncated = true;
                says_next = false;
            }
            PageFault::ExactPrefix => {
                page.entries.retain(|entry| matches!(entry, Entry::Item(key, _) if key == prefix))
            }
            PageFault::Empty => {
                page.entries.clear();
                page.truncated = false;
            }
            PageFault::EmptyIsError if page.entries.is_empty() => return Err(Code::InternalError.into()),
            PageFault::EmptyIsError | PageFault::Size(_) | PageFault::IgnorePrefix | PageFault::Snapshot => {}
        }
    }
    Ok(says_next)
}
