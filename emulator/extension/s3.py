"""S3: tags of new buckets, replication rules, default locks, the policy of a log bucket, delete markers."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import xmltodict
from flask import has_request_context, request
from moto.iam.access_control import IAMPolicy
from moto.s3.exceptions import ReplicationConfigurationNotFoundError
from moto.s3.models import LOGGING_SERVICE_PRINCIPAL, FakeBucket, FakeDeleteMarker, S3Backend
from moto.s3.responses import S3Response
from werkzeug.datastructures import Headers

from patching import adds, extends, require


@extends(S3Response)
def _bucket_response_put(original: Any, self: Any, request: Any, bucket_name: str, querystring: dict[str, Any]) -> Any:
    """Keeps the tags of CreateBucket, with which AWS provider 6.23 and newer creates a bucket (`aws_s3_bucket.tags`).

    moto drops them, so that the second plan would add them.
    """
    existed = bucket_name in self.backend.buckets
    answer = original(self, request, bucket_name, querystring)
    bucket = self.backend.buckets.get(bucket_name)
    if bucket is not None and not existed:
        self.backend.tagger.tag_resource(bucket.arn, _tags_of_new_bucket(self.body))
    return answer


def _tags_of_new_bucket(body: str | bytes) -> list[dict[str, str]]:
    configuration = (xmltodict.parse(body) if body else {}).get("CreateBucketConfiguration") or {}
    tags = (configuration.get("Tags") or {}).get("Tag") or []
    return [{"Key": tag["Key"], "Value": tag.get("Value") or ""} for tag in _as_list(tags)]


@extends(S3Backend)
def delete_bucket(original: Any, self: Any, bucket_name: str) -> Any:
    """Deletes the tags of a bucket with the bucket.

    moto keeps them, so that a new bucket of the same name would have the old tags.
    """
    bucket = original(self, bucket_name)
    if bucket is not None:
        self.tagger.delete_all_tags_for_resource(bucket.arn)
    return bucket


@extends(S3Response)
def _replication_config_from_xml(original: Any, self: Any, xml: Any) -> dict[str, Any]:
    """Stores the rules as they were put, in addition to moto's, for GetBucketReplication."""
    return {**original(self, xml), "NotejamXml": xml.decode() if isinstance(xml, bytes) else xml}


@extends(S3Response)
def get_bucket_replication(original: Any, self: Any) -> Any:
    """Returns the rules as they were put (`aws_s3_bucket_replication_configuration`).

    moto returns parts of them: an empty prefix, no source selection, delete markers always disabled, so that each plan
    would change the rules.
    """
    self.data["Action"] = "GetBucketReplication"
    replication = self.backend.get_bucket_replication(self.bucket_name)
    if not replication:
        raise ReplicationConfigurationNotFoundError(bucket_name=self.bucket_name)
    return 200, {"Content-Type": "application/xml"}, replication["NotejamXml"]


@extends(S3Response)
def _key_response_put(original: Any, self: Any, query: Any, key_name: str) -> Any:
    """Accepts any checksum for an upload into a bucket with a default lock, as AWS does (`aws_s3_object`).

    moto only accepts an MD5, or the header with which some SDKs name the algorithm.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    names = {name.lower() for name, _ in self.headers.items()}
    checksum = next((name for name in names if name.startswith("x-amz-checksum-") or name == "x-amz-trailer"), None)
    if checksum and "x-amz-sdk-checksum-algorithm" not in names:
        self.headers = Headers(list(self.headers.items()))
        self.headers["x-amz-sdk-checksum-algorithm"] = checksum.split("-")[-1].upper()
    return original(self, query, key_name)


@extends(S3Backend)
def put_object_lock_configuration(
    original: Any,
    self: Any,
    bucket_name: str,
    lock_enabled: bool,
    mode: str | None = None,
    days: int | None = None,
    years: int | None = None,
) -> None:
    """Allows a new default retention for a bucket with Object Lock and objects.

    moto rejects it ("Bucket needs to be empty"), so that a changed retention could not be applied
    (`aws_s3_bucket_object_lock_configuration`).
    """
    bucket = self.get_bucket(bucket_name)
    if not bucket.object_lock_enabled:
        original(self, bucket_name, lock_enabled, mode, days, years)
        return
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days, years


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _lets_logs_in(statement: dict[str, Any], log_object_arn: str) -> bool:
    principal = statement.get("Principal", {})
    services = _as_list(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
    return (
        statement.get("Effect") == "Allow"
        and bool({LOGGING_SERVICE_PRINCIPAL, "*"} & set(services))
        and any(fnmatch.fnmatchcase("s3:PutObject", action) for action in _as_list(statement.get("Action", [])))
        and any(fnmatch.fnmatchcase(log_object_arn, resource) for resource in _as_list(statement.get("Resource", [])))
    )


def _log_permissions_enabled_policy(target_bucket: Any, target_prefix: str | None) -> bool:
    """Reads the log bucket's policy as AWS does: principals, actions and resources may be lists, or "*".

    moto reads single strings only and fails on a statement that denies everyone (`aws_s3_bucket_logging`).
    """
    if not target_bucket.policy:
        return False
    log_object = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
    statements = _as_list(json.loads(target_bucket.policy)["Statement"])
    return any(_lets_logs_in(statement, log_object) for statement in statements)


require(FakeBucket, "_log_permissions_enabled_policy", "target_bucket", "target_prefix")
FakeBucket._log_permissions_enabled_policy = staticmethod(_log_permissions_enabled_policy)


@extends(FakeBucket)
def get_permission(original: Any, self: Any, action: str, resource: str) -> Any:
    """Ignores statements with a condition: the emulator cannot evaluate it (TLS, key, caller).

    moto treats a condition that it cannot evaluate as met: with a policy that denies requests without TLS, no object
    could be written (`aws_s3_bucket_policy`). It also treats the completion of a multipart upload as a deletion.
    """
    if action == "s3:DeleteObject" and has_request_context() and "uploadId" in request.args:
        action = "s3:AbortMultipartUpload"
    if self.policy is None:
        return original(self, action, resource)
    policy = json.loads(self.policy)
    unconditional = [statement for statement in _as_list(policy["Statement"]) if not statement.get("Condition")]
    return IAMPolicy(json.dumps({**policy, "Statement": unconditional})).is_action_permitted(action, resource)


@adds(FakeDeleteMarker)
def dispose(self: Any) -> None:
    """Skips delete markers, which have no content.

    moto calls this on each version of an object that is deleted while versioning is suspended, and fails on a marker:
    a bucket with `force_destroy` could not be emptied.
    """
