//! Streams a listing object by object; one page is in memory.

use std::collections::VecDeque;

use crate::context::Context;
use crate::storage::{Aged, Storage, StorageError};

/// A listing in progress.
pub(crate) struct Walk<'a> {
    storage: &'a Storage,
    cx: &'a Context,
    prefix: String,
    page: VecDeque<Aged>,
    token: Option<String>,
    begun: bool,
}

impl<'a> Walk<'a> {
    /// Everything below `prefix`, in the store's order.
    pub(crate) fn new(storage: &'a Storage, cx: &'a Context, prefix: String) -> Self {
        Self { storage, cx, prefix, page: VecDeque::new(), token: None, begun: false }
    }

    /// The next object; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Aged>, StorageError> {
        loop {
            if let Some(entry) = self.page.pop_front() {
                return Ok(Some(entry));
            }
            if self.begun && self.token.is_none() {
                return Ok(None);
            }
            let (page, token) = self.storage.list_aged(self.cx, &self.prefix, self.token.as_deref()).await?;
            (self.page, self.token, self.begun) = (page.into(), token, true);
        }
    }
}
