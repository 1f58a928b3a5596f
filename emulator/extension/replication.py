"""Cross-region replication of S3 objects and ECR images. Immediate, where AWS takes minutes."""

from __future__ import annotations

import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.ecr.models import ECRBackend, ecr_backends
from moto.s3.models import S3Backend

from patching import extends, require

_LOCK_TIME = "%Y-%m-%dT%H:%M:%SZ"


require(
    S3Backend,
    "put_object",
    "storage",
    "encryption",
    "kms_key_id",
    "lock_mode",
    "lock_until",
    "disable_notification",
)


@extends(S3Backend)
def put_object(original: Any, self: Any, bucket_name: str, key_name: str, value: bytes, *args: Any, **options: Any) -> Any:
    """Locks objects of multipart uploads, and replicates the objects of the bucket's replication rules.

    moto applies a bucket's default lock only to single-part uploads, and replicates nothing. A replica has the content,
    the lock, and the rule's storage class and key, but no user metadata and checksums.
    """
    key = original(self, bucket_name, key_name, value, *args, **options)
    bucket = self.get_bucket(bucket_name)
    if key.lock_mode is None and getattr(bucket, "default_lock_mode", None):
        key.lock_mode, key.lock_until = bucket.default_lock_mode, _locked_until(bucket)
    for destination in _destinations(bucket, key_name):
        encryption = destination.get("EncryptionConfiguration") or {}
        original(
            self,
            destination["Bucket"].split(":")[-1],
            key_name,
            value,
            storage=destination.get("StorageClass"),
            encryption="aws:kms" if encryption else None,
            kms_key_id=encryption.get("ReplicaKmsKeyID"),
            lock_mode=key.lock_mode,
            lock_until=key.lock_until,
            disable_notification=True,
        )
    return key


def _locked_until(bucket: Any) -> str:
    days = int(bucket.default_lock_days or 0) + 365 * int(bucket.default_lock_years or 0)
    return (utcnow() + datetime.timedelta(days=days)).strftime(_LOCK_TIME)


def _destinations(bucket: Any, key_name: str) -> list[dict[str, Any]]:
    rules = (bucket.replication or {}).get("Rule", []) if hasattr(bucket, "replication") else []
    return [rule["Destination"] for rule in rules if rule.get("Status") == "Enabled" and key_name.startswith(_prefix(rule))]


def _prefix(rule: dict[str, Any]) -> str:
    within = rule.get("Filter") or {}
    return (within.get("Prefix") if isinstance(within, dict) else None) or rule.get("Prefix") or ""


@extends(ECRBackend)
def put_image(original: Any, self: Any, repository_name: str, *args: Any, **options: Any) -> Any:
    """Replicates a pushed image to the regions of the registry's replication rules, if its repository exists there.

    As in AWS, a replica is not replicated. AWS creates a missing repository; this extension does not.
    """
    image = original(self, repository_name, *args, **options)
    for region in _regions_for(self, repository_name):
        elsewhere = ecr_backends[self.account_id][region]
        if repository_name in elsewhere.repositories:
            original(elsewhere, repository_name, *args, **options)
    return image


def _regions_for(registry: Any, repository_name: str) -> list[str]:
    regions = []
    for rule in (registry.replication_config or {}).get("rules", []):
        filters = rule.get("repositoryFilters") or [{"filter": ""}]
        if any(repository_name.startswith(each["filter"]) for each in filters):
            regions += [destination["region"] for destination in rule["destinations"]]
    return regions
