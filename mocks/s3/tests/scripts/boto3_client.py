"""Drives an S3 endpoint with boto3: put, get, range, list, multipart, copy, delete, presign. Exits non-zero at the first surprise."""

import contextlib
import io
import os
import sys
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, BUCKET = sys.argv[1:3]
MIB = 1 << 20


def client(**config):
    return boto3.client("s3", endpoint_url=ENDPOINT, config=Config(s3={"addressing_style": "path"}, **config))


def code(call, **arguments):
    try:
        call(Bucket=BUCKET, **arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


@contextlib.contextmanager
def header(s3, name, value):
    """Sends one more header: older releases of boto3 do not know all of S3's parameters."""

    def add(request, **_):
        request.headers.add_header(name, value)

    s3.meta.events.register("before-sign.s3", add)
    try:
        yield
    finally:
        s3.meta.events.unregister("before-sign.s3", add)


def objects(s3):
    key = "boto/a b+c/\u00e9"
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello", ContentType="text/x", Metadata={"n": "1"})
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"', put
    got = s3.get_object(Bucket=BUCKET, Key=key)
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"hello", "text/x", {"n": "1"}), got
    assert s3.get_object(Bucket=BUCKET, Key=key, Range="bytes=1-3")["Body"].read() == b"ell"
    assert s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == 5
    s3.put_object(Bucket=BUCKET, Key="boto/empty", Body=b"")
    assert s3.get_object(Bucket=BUCKET, Key="boto/empty")["Body"].read() == b""
    assert code(s3.get_object, Key="boto/none") == "NoSuchKey"
    assert code(s3.head_object, Key="boto/none") == "404"
    assert code(s3.get_object, Key="boto/empty", Range="bytes=0-") == "InvalidRange"
    with header(s3, "If-None-Match", "*"):
        assert code(s3.put_object, Key="boto/empty", Body=b"x") == "PreconditionFailed"
    s3.copy_object(Bucket=BUCKET, Key="boto/copy", CopySource={"Bucket": BUCKET, "Key": key})
    assert s3.get_object(Bucket=BUCKET, Key="boto/copy")["Body"].read() == b"hello"


def listings(s3):
    names = ["list/%03d%s" % (n, "/x" if n % 2 else "") for n in range(25)]
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=name, Body=b"x")
    for kind, token in (("list_objects_v2", None), ("list_objects", None)):
        pages = s3.get_paginator(kind).paginate(Bucket=BUCKET, Prefix="list/", PaginationConfig={"PageSize": 4})
        assert [entry["Key"] for page in pages for entry in page["Contents"]] == sorted(names), kind
        pages = s3.get_paginator(kind).paginate(Bucket=BUCKET, Prefix="list/", Delimiter="/", PaginationConfig={"PageSize": 4})
        found = [e.get("Key") or e.get("Prefix") for p in pages for e in p.get("Contents", []) + p.get("CommonPrefixes", [])]
        assert sorted(found) == sorted({name.removesuffix("x") if name.endswith("/x") else name for name in names}), found
    gone = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": name} for name in names]})
    assert len(gone["Deleted"]) == 25, gone
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="list/")["KeyCount"] == 0


def multipart(s3):
    body = os.urandom(MIB) * 12
    transfer = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(body), BUCKET, "boto/big", Config=transfer)
    assert s3.head_object(Bucket=BUCKET, Key="boto/big")["ETag"].endswith('-3"')
    out = io.BytesIO()
    s3.download_fileobj(BUCKET, "boto/big", out, Config=transfer)
    assert out.getvalue() == body
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="boto/parts")["UploadId"]
    where = {"Bucket": BUCKET, "Key": "boto/parts", "UploadId": upload}
    listed = s3.list_multipart_uploads(Bucket=BUCKET, Prefix="boto/parts")["Uploads"]
    assert [entry["UploadId"] for entry in listed] == [upload]
    source = {"Bucket": BUCKET, "Key": "boto/big"}
    first = s3.upload_part_copy(PartNumber=1, CopySource=source, CopySourceRange="bytes=0-%d" % (5 * MIB - 1), **where)
    second = s3.upload_part(PartNumber=2, Body=b"tail", **where)
    assert [part["Size"] for part in s3.list_parts(**where)["Parts"]] == [5 * MIB, 4]
    parts = [
        {"PartNumber": 1, "ETag": first["CopyPartResult"]["ETag"]},
        {"PartNumber": 2, "ETag": second["ETag"]},
    ]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where)
    assert s3.get_object(Bucket=BUCKET, Key="boto/parts")["Body"].read() == body[: 5 * MIB] + b"tail"
    where["UploadId"] = s3.create_multipart_upload(Bucket=BUCKET, Key="boto/parts")["UploadId"]
    s3.abort_multipart_upload(**where)
    try:
        s3.list_parts(**where)
        raise AssertionError("an aborted upload is still there")
    except s3.exceptions.NoSuchUpload:
        pass


def presigned(s3):
    s3.put_object(Bucket=BUCKET, Key="boto/signed", Body=b"signed")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "boto/signed"}, ExpiresIn=60)
    assert urllib.request.urlopen(url).read() == b"signed"
    put = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "boto/up"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(put, data=b"up", method="PUT", headers={"Content-Type": ""}))
    assert s3.get_object(Bucket=BUCKET, Key="boto/up")["Body"].read() == b"up"
    try:
        urllib.request.urlopen(url.replace("boto/signed", "boto/up"))
        raise AssertionError("a forged URL was accepted")
    except urllib.error.HTTPError as error:
        assert error.code == 403, error
    for name in ("boto/signed", "boto/up"):
        s3.delete_object(Bucket=BUCKET, Key=name)
        assert code(s3.get_object, Key=name) == "NoSuchKey"


def main():
    s3 = client(signature_version="s3v4")
    assert BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=BUCKET)
    for work in (objects, listings, multipart, presigned):
        work(s3)
    print("boto3", boto3.__version__)


main()
