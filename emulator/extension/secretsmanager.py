"""Secrets Manager: the key of a replica."""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import FakeSecret

from patching import extends


@extends(FakeSecret)
def create_replicas(original: Any, self: Any, replica_regions: list[dict[str, str]], force_overwrite: bool) -> Any:
    """A replica keeps the key that was asked for (`aws_secretsmanager_secret.replica.kms_key_id`).

    moto says AWS's own key for each, so that each plan wanted to replace the replica.
    """
    replicas = original(self, replica_regions, force_overwrite)
    for replica, asked in zip(replicas, replica_regions or [], strict=True):
        if asked.get("KmsKeyId"):
            replica.config["KmsKeyId"] = asked["KmsKeyId"]
    return replicas
