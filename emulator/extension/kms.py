"""KMS: replicas of multi-region keys, and the rotation period."""

from __future__ import annotations

import copy
import json
from typing import Any

from moto.kms.models import KmsBackend, kms_backends
from moto.kms.responses import KmsResponse

from patching import extends


@extends(KmsBackend)
def replicate_key(original: Any, self: Any, key_id: str, replica_region: str) -> Any:
    """Creates a replica as a separate key (`aws_kms_replica_key`).

    moto shares the primary's multi-region configuration, aliases and grants with it: the primary became a replica of
    itself and the provider waited forever.
    """
    replica = original(self, key_id, replica_region)
    primary = self.keys[key_id]
    replica.multi_region_configuration = copy.deepcopy(primary.multi_region_configuration)
    replica.multi_region_configuration["MultiRegionKeyType"] = "REPLICA"
    replica.aliases = {}
    replica.grants = {}
    primary.multi_region_configuration["MultiRegionKeyType"] = "PRIMARY"
    return replica


def _replicate_key_response(original: Any, self: Any) -> Any:
    """Description, policy and tags of ReplicateKey, which moto drops."""
    answer = original(self)
    backend = kms_backends[self.current_account][self._get_param("ReplicaRegion")]
    replica = backend.keys[self._get_param("KeyId").split("/")[-1]]
    if self._get_param("Description") is not None:
        replica.description = self._get_param("Description")
    if self._get_param("Policy"):
        replica.policy = self._get_param("Policy")
    if self._get_param("Tags"):
        # Not `backend.tag_resource()`: it takes a list up to moto 5.2.4 and a dictionary from 5.2.5 on.
        backend.tagger.tag_resource(replica.id, self._get_param("Tags"))
    return answer


_replicate_key_response.__name__ = "replicate_key"
extends(KmsResponse)(_replicate_key_response)


def _key(response: Any) -> Any:
    backend = response.kms_backend
    return backend.keys[backend.get_key_id(response._get_param("KeyId"))]


@extends(KmsResponse)
def enable_key_rotation(original: Any, self: Any) -> Any:
    """Keeps RotationPeriodInDays, which moto drops (`aws_kms_key.rotation_period_in_days`)."""
    answer = original(self)
    _key(self).notejam_rotation_days = self._get_param("RotationPeriodInDays") or 365
    return answer


@extends(KmsResponse)
def get_key_rotation_status(original: Any, self: Any) -> str:
    """Returns the configured period; moto always returns 365."""
    status = json.loads(original(self))
    if status.get("KeyRotationEnabled"):
        status["RotationPeriodInDays"] = getattr(_key(self), "notejam_rotation_days", 365)
    return json.dumps(status)
