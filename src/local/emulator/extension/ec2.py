"""EC2: descriptions of rules, and tags of launch templates."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplateBackend
from moto.ec2.models.security_groups import SecurityGroupRule

from patching import extends

_description_of_ranges = SecurityGroupRule.description.fget


def _description(self: Any) -> str | None:
    """A rule that names a security group has its description on that group (`aws_vpc_security_group_ingress_rule`).

    moto looks only at address ranges, so each plan wanted to write the description again.
    """
    return _description_of_ranges(self) or self.source_group.get("Description")


SecurityGroupRule.description = property(_description)


@extends(LaunchTemplateBackend)
def create_launch_template(
    original: Any, self: Any, name: str, description: str, template_data: dict[str, Any], tag_spec: Any
) -> Any:
    """A launch template's own tags are not part of what it launches.

    moto puts them into the template's data, so that each plan wanted to remove a `tag_specifications` block
    (`aws_launch_template` with provider default tags).
    """
    specifications = [
        each for each in template_data.pop("TagSpecifications", []) if each.get("ResourceType") != "launch-template"
    ]
    if specifications:
        template_data["TagSpecifications"] = specifications
    return original(self, name, description, template_data, tag_spec)
