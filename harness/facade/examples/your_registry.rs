//! A registry on an S3 that misbehaves as scenarios say.

use shakedown::{S3, Shakedown, System};

/// What stands in a test of yours.
pub fn main() {
    let s3 = S3::start().expect("a free port");
    // Yours instead, on s3.endpoint(), s3.bucket(), s3.region(), s3.access_key() and s3.secret_key().
    let registry = System::on(&s3, "reference").expect("it starts");

    let on_it = Shakedown::new().system(registry.url()).s3(&s3);
    let report = on_it.run_blocking("scenarios/faults/async-multipart-create.yaml").expect("no mistakes in it");
    report.assert_passed();
}
