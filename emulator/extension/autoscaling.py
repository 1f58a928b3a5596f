"""EC2 Auto Scaling: scheduled actions of several groups, and the groups behind EKS node groups."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import AutoScalingBackend, autoscaling_backends
from moto.moto_api._internal import mock_random

from patching import extends, require


@extends(AutoScalingBackend)
def put_scheduled_update_group_action(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    """A scheduled action's name is unique in its group only (`aws_autoscaling_schedule`).

    moto stores one per name in the region: the second group's action replaced the first one.
    """
    action = original(self, *args, **kwargs)
    self.scheduled_actions.pop(action.scheduled_action_name)
    self.scheduled_actions[(action.auto_scaling_group_name, action.scheduled_action_name)] = action
    return action


@extends(AutoScalingBackend)
def delete_scheduled_action(
    original: Any, self: Any, auto_scaling_group_name: str, scheduled_action_name: str
) -> None:
    """Deletes by group and name, as the actions are stored by the patch above."""
    original(self, auto_scaling_group_name, scheduled_action_name)
    self.scheduled_actions.pop((auto_scaling_group_name, scheduled_action_name))


@extends(AutoScalingBackend)
def delete_auto_scaling_group(original: Any, self: Any, group_name: str) -> None:
    """Deletes the scheduled actions of a deleted group."""
    original(self, group_name)
    for key in [key for key in self.scheduled_actions if key[0] == group_name]:
        del self.scheduled_actions[key]


require(
    AutoScalingBackend,
    "create_auto_scaling_group",
    "name",
    "availability_zones",
    "desired_capacity",
    "max_size",
    "min_size",
    "launch_config_name",
    "launch_template",
    "vpc_zone_identifier",
    "default_cooldown",
    "health_check_period",
    "health_check_type",
    "load_balancers",
    "target_group_arns",
    "placement_group",
    "termination_policies",
    "tags",
)


def create_group_behind_node_group(
    account: str, region: str, node_group: Any, cluster_name: str
) -> None:
    """Creates the Auto Scaling group of a managed node group, with the name that EKS reports.

    No instance is launched: the group only has sizes, subnets, launch template and tags.
    """
    backend = autoscaling_backends[account][region]
    template = node_group.launch_template or {}
    tags = {
        "eks:cluster-name": cluster_name,
        "eks:nodegroup-name": node_group.nodegroup_name,
        "k8s.io/cluster-autoscaler/enabled": "true",
        f"k8s.io/cluster-autoscaler/{cluster_name}": "owned",
        f"kubernetes.io/cluster/{cluster_name}": "owned",
    }
    group = backend.create_auto_scaling_group(
        name=f"eks-{node_group.nodegroup_name}-{mock_random.uuid4()}",
        availability_zones=[],
        desired_capacity=0,
        max_size=node_group.scaling_config.get("maxSize"),
        min_size=node_group.scaling_config.get("minSize"),
        launch_config_name="",
        launch_template={
            "LaunchTemplateId": template["id"],
            "Version": str(template.get("version", "$Default")),
        },
        vpc_zone_identifier=",".join(node_group.subnets),
        default_cooldown=None,
        health_check_period=None,
        health_check_type="EC2",
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=[],
        tags=[{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in tags.items()],
    )
    group.desired_capacity = node_group.scaling_config.get("desiredSize")
    node_group.resources["autoScalingGroups"] = [{"name": group.name}]


def group_behind_node_group(account: str, region: str, node_group: Any) -> Any:
    """Returns the group created by `create_group_behind_node_group`, or None."""
    name = node_group.resources["autoScalingGroups"][0]["name"]
    return autoscaling_backends[account][region].autoscaling_groups.get(name)


def delete_group_behind_node_group(account: str, region: str, node_group: Any) -> None:
    """Deletes the Auto Scaling group of a deleted node group."""
    group = group_behind_node_group(account, region, node_group)
    if group is not None:
        autoscaling_backends[account][region].delete_auto_scaling_group(group.name)
