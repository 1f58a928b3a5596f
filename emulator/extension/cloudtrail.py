"""CloudTrail: calls with the ARN of a trail."""

from __future__ import annotations

from typing import Any

from moto.cloudtrail.models import CloudTrailBackend

from patching import extends


def _name(name_or_arn: str) -> str:
    return name_or_arn.split(":trail/")[-1] if name_or_arn.startswith("arn:") else name_or_arn


@extends(CloudTrailBackend)
def start_logging(original: Any, self: Any, name: str) -> Any:
    """StartLogging accepts a name or an ARN; moto only supports names (`aws_cloudtrail` sends the ARN)."""
    return original(self, _name(name))


@extends(CloudTrailBackend)
def stop_logging(original: Any, self: Any, name: str) -> Any:
    """StopLogging, as StartLogging above."""
    return original(self, _name(name))


@extends(CloudTrailBackend)
def delete_trail(original: Any, self: Any, name: str) -> Any:
    """DeleteTrail, as StartLogging above: moto did not delete a trail by its ARN, and returned no error."""
    return original(self, _name(name))
