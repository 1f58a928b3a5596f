"""EC2: descriptions of rules, tags of launch templates, NAT gateways, encryption controls, and a region's defaults."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.launch_templates import LaunchTemplateBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.settings import Settings
from moto.ec2.responses.vpcs import VPCs

from patching import adds, extends, require

_description_of_ranges = require(SecurityGroupRule, "description").fget


def _description(self: Any) -> str | None:
    """A rule that names a security group has its description on that group (`aws_vpc_security_group_ingress_rule`).

    moto reads it only from address ranges, so that each plan would set the description again.
    """
    return _description_of_ranges(self) or self.source_group.get("Description")


SecurityGroupRule.description = property(_description)


@extends(NatGatewayBackend)
def delete_nat_gateway(original: Any, self: Any, nat_gateway_id: str) -> Any:
    """Deletes the network interface of a NAT gateway (`aws_nat_gateway`).

    moto does not delete the interface, which remained after a destroy.
    """
    gateway = original(self, nat_gateway_id)
    self.enis.pop(gateway._eni.id, None)
    return gateway


@extends(LaunchTemplateBackend)
def create_launch_template(
    original: Any, self: Any, name: str, description: str, template_data: dict[str, Any], tag_spec: Any
) -> Any:
    """The tags of a launch template are not the tags of its instances.

    moto adds them to the template's data, so that each plan would remove a `tag_specifications` block
    (`aws_launch_template` with provider default tags).
    """
    specifications = [
        each for each in template_data.pop("TagSpecifications", []) if each.get("ResourceType") != "launch-template"
    ]
    if specifications:
        template_data["TagSpecifications"] = specifications
    return original(self, name, description, template_data, tag_spec)


@adds(VPCs)
def describe_vpc_encryption_controls(self: Any) -> ActionResult:
    """DescribeVpcEncryptionControls, which moto lacks. Returns an empty list."""
    return ActionResult({"VpcEncryptionControls": []})


def _aws_managed_ebs_key(response: Any) -> str:
    return f"arn:{response.partition}:kms:{response.region}:{response.current_account}:alias/aws/ebs"


@adds(Settings)
def get_ebs_default_kms_key_id(self: Any) -> ActionResult:
    """GetEbsDefaultKmsKeyId: moto has only the call that sets it (`aws_ebs_default_kms_key`)."""
    return ActionResult({"KmsKeyId": self.ec2_backend.default_kms_key_id or _aws_managed_ebs_key(self)})


@adds(Settings)
def reset_ebs_default_kms_key_id(self: Any) -> ActionResult:
    """ResetEbsDefaultKmsKeyId: moto has only the call that sets it."""
    self.ec2_backend.default_kms_key_id = ""
    return ActionResult({"KmsKeyId": _aws_managed_ebs_key(self)})


_METADATA_DEFAULTS = ("HttpEndpoint", "HttpTokens", "HttpPutResponseHopLimit", "InstanceMetadataTags")


@adds(Settings)
def modify_instance_metadata_defaults(self: Any) -> ActionResult:
    """ModifyInstanceMetadataDefaults: moto has none (`aws_ec2_instance_metadata_defaults`)."""
    defaults = getattr(self.ec2_backend, "notejam_metadata_defaults", {})
    for name in _METADATA_DEFAULTS:
        value = self._get_param(name)
        if value in ("no-preference", "-1", -1):
            defaults.pop(name, None)
        elif value is not None:
            defaults[name] = int(value) if name == "HttpPutResponseHopLimit" else value
    self.ec2_backend.notejam_metadata_defaults = defaults
    return ActionResult({"Return": True})


@adds(Settings)
def get_instance_metadata_defaults(self: Any) -> ActionResult:
    """GetInstanceMetadataDefaults: moto has none."""
    return ActionResult({"AccountLevel": getattr(self.ec2_backend, "notejam_metadata_defaults", {})})


@adds(Settings)
def enable_snapshot_block_public_access(self: Any) -> ActionResult:
    """EnableSnapshotBlockPublicAccess: moto has none (`aws_ebs_snapshot_block_public_access`)."""
    self.ec2_backend.notejam_snapshot_block = self._get_param("State")
    return ActionResult({"State": self.ec2_backend.notejam_snapshot_block})


@adds(Settings)
def disable_snapshot_block_public_access(self: Any) -> ActionResult:
    """DisableSnapshotBlockPublicAccess: moto has none."""
    self.ec2_backend.notejam_snapshot_block = "unblocked"
    return ActionResult({"State": "unblocked"})


@adds(Settings)
def get_snapshot_block_public_access_state(self: Any) -> ActionResult:
    """GetSnapshotBlockPublicAccessState: moto has none."""
    return ActionResult({"State": getattr(self.ec2_backend, "notejam_snapshot_block", "unblocked")})
