//! ListBuckets, HeadBucket, CreateBucket, DeleteBucket, GetBucketLocation.

use http::StatusCode;

use crate::auth::iso;
use crate::call::{Answer, Call};
use crate::error::{Code, S3Error};
use crate::store::{Head, micros};
use crate::xml::{self, XmlWriter};

pub(super) async fn list(call: Call) -> Result<Answer, S3Error> {
    let buckets = call.store().buckets();
    let mut document = XmlWriter::new("ListAllMyBucketsResult");
    owner(&mut document, "Owner");
    document.group("Buckets", |list| {
        for (name, created_us) in &buckets {
            let created = Head { modified_us: *created_us, ..Head::default() }.modified();
            list.group("Bucket", |entry| {
                entry.text("Name", name).text("CreationDate", iso(created));
            });
        }
    });
    Ok(Answer::xml(document).noting(format!("{} buckets", buckets.len())))
}

/// The one account this store has.
pub(super) fn owner(document: &mut XmlWriter, element: &str) {
    document.group(element, |owner| {
        owner.text("ID", "shakedown").text("DisplayName", "shakedown");
    });
}

pub(super) async fn head(call: Call) -> Result<Answer, S3Error> {
    call.need_bucket()?;
    Ok(Answer::empty(StatusCode::OK).header("x-amz-bucket-region", &call.config.region))
}

pub(super) async fn create(mut call: Call) -> Result<Answer, S3Error> {
    let name = call.bucket().to_owned();
    if !is_bucket_name(&name) {
        return Err(S3Error::from(Code::InvalidBucketName).with("BucketName", name));
    }
    // A LocationConstraint may come; all regions are this one.
    call.payload().collect(xml::MAX_BYTES).await?;
    let made = call.orders.not_applied || call.store().create_bucket(&name, micros(call.now()))?;
    if !made && call.config.region != "us-east-1" {
        // us-east-1 answers 200 to an owner who creates a bucket again; other regions do not.
        return Err(Code::BucketAlreadyOwnedByYou.into());
    }
    Ok(Answer::empty(StatusCode::OK).header("location", &format!("/{name}")))
}

pub(super) async fn delete(call: Call) -> Result<Answer, S3Error> {
    if call.orders.not_applied {
        call.need_bucket()?;
    } else {
        call.store().delete_bucket(call.bucket(), false)?;
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn location(call: Call) -> Result<Answer, S3Error> {
    call.need_bucket()?;
    let mut document = XmlWriter::new("LocationConstraint");
    if call.config.region != "us-east-1" {
        document.content(&call.config.region);
    }
    Ok(Answer::xml(document))
}

/// S3's rules for bucket names, in short.
pub(crate) fn is_bucket_name(name: &str) -> bool {
    let good = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
    let edge = |c: Option<&u8>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len()) && bytes.iter().all(|c| good(*c)) && edge(bytes.first()) && edge(bytes.last())
}
