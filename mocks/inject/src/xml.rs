//! Changes of XML answers by element name. What is not XML, or too large to be held, passes unchanged.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use shakedown_faults::XmlEdit;
use shakedown_wire::{Annotation, Annotations, Body, Response};

use crate::replay::{self, Held};

/// Applies the changes in order.
pub(crate) async fn edit(response: Response, edits: &[&XmlEdit], annotations: &Annotations) -> Response {
    let is_xml = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().windows(3).any(|part| part == b"xml"));
    if !is_xml {
        annotations.add(Annotation::Note("the answer is not XML, so none was changed".into()));
        return response;
    }
    let (mut head, body) = response.into_parts();
    let mut document = match replay::hold(body).await {
        Held::Whole(bytes) => bytes.to_vec(),
        Held::Streamed(body) => return Response::from_parts(head, body),
    };
    for edit in edits {
        match edited(&document, edit) {
            Ok(changed) => document = changed,
            Err(error) => annotations.add(Annotation::Note(format!("the answer is not well-formed XML: {error}"))),
        }
    }
    head.headers.remove(TRANSFER_ENCODING);
    head.headers.insert(CONTENT_LENGTH, document.len().into());
    Response::from_parts(head, Body::full(document))
}

/// The document with one change.
fn edited(document: &[u8], edit: &XmlEdit) -> Result<Vec<u8>, quick_xml::Error> {
    let mut reader = Reader::from_reader(document);
    let mut writer = Writer::new(Vec::with_capacity(document.len()));
    let mut depth = 0usize;
    loop {
        let event = reader.read_event()?;
        match (&event, edit) {
            (Event::Eof, _) => return Ok(writer.into_inner()),
            (Event::Start(start), XmlEdit::Drop { element }) if is_named(start, element) => {
                reader.read_to_end(start.name())?;
                continue;
            }
            (Event::Empty(empty), XmlEdit::Drop { element }) if is_named(empty, element) => continue,
            (Event::Start(start), XmlEdit::Set { element, text }) if is_named(start, element) => {
                reader.read_to_end(start.name())?;
                write_element(&mut writer, start.clone(), text)?;
                continue;
            }
            (Event::Empty(empty), XmlEdit::Set { element, text }) if is_named(empty, element) => {
                write_element(&mut writer, empty.clone(), text)?;
                continue;
            }
            (Event::Empty(root), XmlEdit::Add { element, text }) if depth == 0 => {
                writer.write_event(Event::Start(root.clone()))?;
                write_element(&mut writer, BytesStart::new(element.as_str()), text)?;
                writer.write_event(Event::End(root.to_end()))?;
                continue;
            }
            (Event::End(_), XmlEdit::Add { element, text }) if depth == 1 => {
                write_element(&mut writer, BytesStart::new(element.as_str()), text)?;
            }
            _ => {}
        }
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        writer.write_event(event)?;
    }
}

fn is_named(start: &BytesStart<'_>, element: &str) -> bool {
    start.local_name().as_ref() == element
}

fn write_element(writer: &mut Writer<Vec<u8>>, start: BytesStart<'_>, text: &str) -> Result<(), quick_xml::Error> {
    let name = start.name().as_ref().to_owned();
    writer.write_event(Event::Start(start))?;
    writer.write_event(Event::Text(BytesText::new(text)))?;
    writer.write_event(Event::End(BytesEnd::new(name)))?;
    Ok(())
}
