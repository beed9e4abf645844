//! PutObject and UploadPart: bytes come in.

use crate::call::{Answer, Call};
use crate::conditions;
use crate::error::S3Error;
use crate::store::Object;

pub(super) async fn object(mut call: Call) -> Result<Answer, S3Error> {
    call.need_bucket()?;
    call.need_allowed_headers()?;
    // Refused early where it is already clear; decided at the commit, when nobody can come in between.
    conditions::check_write(&call.headers, call.store().latest(call.bucket(), call.key()).as_deref())?;
    let object = read(&mut call).await?;
    let answer = Answer::stored(&object.head);
    if !call.orders.not_applied {
        let headers = &call.headers;
        let check = |existing: Option<&Object>| conditions::check_write(headers, existing);
        call.store().put_object(call.bucket(), call.key(), object, call.writing(), check)?;
    }
    Ok(answer)
}

pub(super) async fn part(mut call: Call) -> Result<Answer, S3Error> {
    let number = part_number(&call)?;
    // The upload must be there before its bytes are taken.
    call.store().upload(call.bucket(), call.key(), call.query("uploadId"))?;
    let part = read(&mut call).await?;
    let answer = Answer::stored(&part.head).noting(format!("part {number}, {} bytes", part.content.length()));
    if !call.orders.not_applied {
        let at = (call.bucket(), call.key(), call.query("uploadId"));
        call.store().put_part(at, number, part, call.writing())?;
    }
    Ok(answer)
}

async fn read(call: &mut Call) -> Result<Object, S3Error> {
    let payload = call.take_payload()?;
    let (content, digests) = call.store().write(payload).await?;
    Ok(Object::new(call.head_of(&digests), content))
}

/// The part number of UploadPart and UploadPartCopy.
pub(super) fn part_number(call: &Call) -> Result<u32, S3Error> {
    let text = call.query("partNumber");
    let max = call.config.limits.max_parts;
    match text.parse::<u32>() {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        _ => {
            let message = format!("Part number must be an integer between 1 and {max}, inclusive");
            Err(S3Error::argument("partNumber", text, message))
        }
    }
}
