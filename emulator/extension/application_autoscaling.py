"""Application Auto Scaling: the tags of scalable targets (Aurora's reader scaling)."""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from patching import adds, extends


def _targets(response: Any) -> list[Any]:
    by_dimension = response.applicationautoscaling_backend.targets
    return [target for by_resource in by_dimension.values() for target in by_resource.values()]


def _target_of_arn(response: Any) -> Any:
    arn = response._get_param("ResourceARN")
    return next((target for target in _targets(response) if target.arn == arn), None)


@extends(ApplicationAutoScalingResponse)
def register_scalable_target(original: Any, self: Any) -> Any:
    """Keeps the tags of RegisterScalableTarget, which moto drops (`aws_appautoscaling_target`)."""
    answer = original(self)
    tags = self._get_param("Tags")
    for target in _targets(self):
        if (target.resource_id, target.scalable_dimension) == (
            self._get_param("ResourceId"),
            self._get_param("ScalableDimension"),
        ):
            target.notejam_tags = tags if tags is not None else getattr(target, "notejam_tags", {})
    return answer


@adds(ApplicationAutoScalingResponse)
def list_tags_for_resource(self: Any) -> str:
    """ListTagsForResource: moto has none; the provider calls it after each create."""
    return json.dumps({"Tags": getattr(_target_of_arn(self), "notejam_tags", {})})


@adds(ApplicationAutoScalingResponse)
def tag_resource(self: Any) -> str:
    """TagResource: moto has none (a change of tags)."""
    target = _target_of_arn(self)
    target.notejam_tags = {**getattr(target, "notejam_tags", {}), **self._get_param("Tags")}
    return json.dumps({})


@adds(ApplicationAutoScalingResponse)
def untag_resource(self: Any) -> str:
    """UntagResource: moto has none (a change of tags)."""
    target = _target_of_arn(self)
    removed = self._get_param("TagKeys")
    kept = getattr(target, "notejam_tags", {})
    target.notejam_tags = {key: value for key, value in kept.items() if key not in removed}
    return json.dumps({})
