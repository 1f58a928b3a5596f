"""Secrets Manager: the key of a replica."""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import FakeSecret

from patching import extends


@extends(FakeSecret)
def create_replicas(original: Any, self: Any, replica_regions: list[dict[str, str]], force_overwrite: bool) -> Any:
    """Stores the requested key of a replica (`aws_secretsmanager_secret.replica.kms_key_id`).

    moto returns the AWS-managed key, so that each plan would replace the replica.
    """
    replicas = original(self, replica_regions, force_overwrite)
    for replica, requested in zip(replicas, replica_regions or [], strict=True):
        if requested.get("KmsKeyId"):
            replica.config["KmsKeyId"] = requested["KmsKeyId"]
    return replicas
