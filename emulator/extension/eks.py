"""EKS: clusters and node groups without planned changes; add-ons, access entries and pod identity, which moto lacks.

The added calls return their input: they test wiring, order and references, but not that AWS accepts the values.
"""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import unquote, urlsplit

import moto.eks.models as models
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend, ec2_backends
from moto.eks import urls
from moto.eks.exceptions import ResourceInUseException, ResourceNotFoundException
from moto.eks.responses import EKSResponse

from autoscaling import (
    create_group_behind_node_group,
    delete_group_behind_node_group,
    group_behind_node_group,
)
from patching import adds, extends, require

# moto adds an SSH key to each node group, so that a plan would replace the group.
require(models, "DEFAULT_REMOTE_ACCESS")
models.DEFAULT_REMOTE_ACCESS = None

require(EC2Backend, "create_security_group", "vpc_id", "tags")
require(EC2Backend, "delete_security_group", "group_id")


def _cluster(response: Any) -> Any:
    return response.eks_backend.describe_cluster(response._get_param("name"))


def _node_group(response: Any) -> Any:
    return response.eks_backend.describe_nodegroup(
        response._get_param("name"), response._get_param("nodegroupName")
    )


def _arn(cluster: Any, kind: str, *names: str) -> str:
    """Returns the ARN of a cluster's child resource, in the cluster's partition, region and account."""
    prefix = cluster.arn.split(":cluster/")[0]
    return "/".join([f"{prefix}:{kind}", cluster.name, *names])


def _not_found(message: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(
        clusterName=None, nodegroupName=None, fargateProfileName=None, addonName=None, message=message
    )


def _in_use(cluster: Any, message: str) -> ResourceInUseException:
    return ResourceInUseException(clusterName=cluster.name, nodegroupName=None, addonName=None, message=message)


def _finished_update(cluster: Any, kind: str) -> ActionResult:
    """Returns a completed update, which is stored in the cluster because the provider reads its status."""
    update = {
        "id": str(uuid.uuid4()),
        "status": "Successful",
        "type": kind,
        "params": [],
        "errors": [],
        "createdAt": utcnow(),
    }
    cluster.notejam_updates[update["id"]] = update
    return ActionResult({"update": update})


# Clusters


@extends(EKSResponse)
def create_cluster(original: Any, self: Any) -> ActionResult:
    """Returns the access mode, upgrade policy, VPC and cluster security group that AWS sets (`aws_eks_cluster`).

    moto omits them, so that the second plan would replace the cluster.
    """
    answer = original(self)
    cluster = answer.result["cluster"]
    access = self._get_param("accessConfig") or {}
    cluster.access_config = {
        "authenticationMode": access.get("authenticationMode", "CONFIG_MAP"),
        "bootstrapClusterCreatorAdminPermissions": access.get("bootstrapClusterCreatorAdminPermissions", True),
    }
    cluster.upgrade_policy = self._get_param("upgradePolicy") or {"supportType": "EXTENDED"}
    cluster.zonal_shift_config = self._get_param("zonalShiftConfig")
    cluster.deletion_protection = self._get_param("deletionProtection")
    cluster.notejam_addons = {}
    cluster.notejam_access_entries = {}
    cluster.notejam_access_policies = {}
    cluster.notejam_pod_identities = {}
    cluster.notejam_updates = {}
    _add_cluster_security_group(self, cluster)
    return answer


def _add_cluster_security_group(response: Any, cluster: Any) -> None:
    network = cluster.resources_vpc_config
    ec2 = ec2_backends[response.current_account][response.region]
    network["vpcId"] = ec2.get_subnet(network["subnetIds"][0]).vpc_id
    group = ec2.create_security_group(
        f"eks-cluster-sg-{cluster.name}-{uuid.uuid4().hex[:8]}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
        "as well as any managed workloads.",
        vpc_id=network["vpcId"],
        tags={f"kubernetes.io/cluster/{cluster.name}": "owned", "aws:eks:cluster-name": cluster.name},
    )
    network["clusterSecurityGroupId"] = group.id


@extends(EKSResponse)
def delete_cluster(original: Any, self: Any) -> ActionResult:
    """Deletes the cluster security group, as AWS does. Otherwise the VPC could not be deleted."""
    group_id = _cluster(self).resources_vpc_config.get("clusterSecurityGroupId")
    answer = original(self)
    if group_id:
        ec2_backends[self.current_account][self.region].delete_security_group(group_id=group_id)
    return answer


@extends(EKSResponse)
def update_cluster_config(_original: Any, self: Any) -> ActionResult:
    """Changes the given settings and returns an update.

    moto replaces the whole network configuration, without VPC and security group, and returns a cluster.
    """
    cluster = _cluster(self)
    cluster.resources_vpc_config.update(self._get_param("resourcesVpcConfig") or {})
    for attribute, name in {
        "logging": "logging",
        "upgrade_policy": "upgradePolicy",
        "zonal_shift_config": "zonalShiftConfig",
        "deletion_protection": "deletionProtection",
    }.items():
        if self._get_param(name) is not None:
            setattr(cluster, attribute, self._get_param(name))
    if self._get_param("accessConfig"):
        cluster.access_config.update(self._get_param("accessConfig"))
    return _finished_update(cluster, "ConfigUpdate")


@adds(EKSResponse)
def update_cluster_version(self: Any) -> ActionResult:
    """UpdateClusterVersion: moto has none (`aws_eks_cluster.version`)."""
    cluster = _cluster(self)
    cluster.version = self._get_param("version")
    return _finished_update(cluster, "VersionUpdate")


@adds(EKSResponse)
def associate_encryption_config(self: Any) -> ActionResult:
    """AssociateEncryptionConfig: moto has none (secrets encryption added to an existing cluster)."""
    cluster = _cluster(self)
    cluster.encryption_config = self._get_param("encryptionConfig")
    return _finished_update(cluster, "AssociateEncryptionConfig")


@adds(EKSResponse)
def describe_update(self: Any) -> ActionResult:
    """DescribeUpdate: moto has none; the provider waits on it after each change."""
    updates = _cluster(self).notejam_updates
    update_id = self._get_param("updateId")
    if update_id not in updates:
        raise _not_found(f"No update found for ID: {update_id}")
    return ActionResult({"update": updates[update_id]})


# Node groups


@extends(EKSResponse)
def create_nodegroup(original: Any, self: Any) -> ActionResult:
    """Returns update settings, version and an existing Auto Scaling group (`aws_eks_node_group`).

    moto drops the settings, runs every group on 1.19, and invents a remote access security group and an Auto Scaling
    group's name: `aws_autoscaling_schedule` and `aws_autoscaling_group_tag` had nothing to refer to. Only a node
    group with its own launch template gets the Auto Scaling group.
    """
    answer = original(self)
    group = answer.result["nodegroup"]
    group.update_config = self._get_param("updateConfig") or {"maxUnavailable": 1}
    group.node_repair_config = self._get_param("nodeRepairConfig")
    group.version = self._get_param("version") or _cluster(self).version
    group.release_version = self._get_param("releaseVersion") or f"{group.version}.0-20260101"
    group.resources.pop("remoteAccessSecurityGroup", None)
    if group.launch_template and group.launch_template.get("id"):
        create_group_behind_node_group(self.current_account, self.region, group, _cluster(self).name)
    return answer


@extends(EKSResponse)
def delete_nodegroup(original: Any, self: Any) -> ActionResult:
    """Deletes the Auto Scaling group."""
    answer = original(self)
    delete_group_behind_node_group(self.current_account, self.region, answer.result["nodegroup"])
    return answer


@extends(EKSResponse)
def update_nodegroup_config(original: Any, self: Any) -> ActionResult:
    """Passes new sizes to the Auto Scaling group, and stores the update for DescribeUpdate."""
    answer = original(self)
    group = _node_group(self)
    behind = group_behind_node_group(self.current_account, self.region, group)
    if behind is not None:
        behind.min_size = group.scaling_config.get("minSize")
        behind.max_size = group.scaling_config.get("maxSize")
        behind.desired_capacity = group.scaling_config.get("desiredSize")
    _cluster(self).notejam_updates[answer.result["update"]["id"]] = answer.result["update"]
    return answer


@adds(EKSResponse)
def update_nodegroup_version(self: Any) -> ActionResult:
    """UpdateNodegroupVersion: moto has none (a new launch template version, a new Kubernetes version)."""
    group = _node_group(self)
    template = self._get_param("launchTemplate")
    if template:
        group.launch_template.update(template)
    group.version = self._get_param("version") or group.version
    group.release_version = self._get_param("releaseVersion") or group.release_version
    return _finished_update(_cluster(self), "VersionUpdate")


# Add-ons


def _addon(response: Any) -> dict[str, Any]:
    name = response._get_param("addonName")
    cluster = _cluster(response)
    if name not in cluster.notejam_addons:
        raise _not_found(f"No addon: {name} found in cluster: {cluster.name}")
    return cluster.notejam_addons[name]


def _replace_pod_identities(response: Any, cluster: Any, addon: dict[str, Any]) -> None:
    """Replaces the pod identity associations of an add-on."""
    wanted = response._get_param("podIdentityAssociations")
    if wanted is None:
        return
    _drop_pod_identities(cluster, addon)
    for each in wanted:
        association = _new_pod_identity(response, cluster, "kube-system", each["serviceAccount"], each["roleArn"])
        association["ownerArn"] = addon["addonArn"]
        addon["podIdentityAssociations"].append(association["associationArn"])


def _drop_pod_identities(cluster: Any, addon: dict[str, Any]) -> None:
    for arn in addon["podIdentityAssociations"]:
        cluster.notejam_pod_identities.pop(arn.split("/")[-1], None)
    addon["podIdentityAssociations"] = []


@adds(EKSResponse)
def create_addon(self: Any) -> ActionResult:
    """CreateAddon: moto has none (`aws_eks_addon`). Active at once."""
    cluster = _cluster(self)
    name = self._get_param("addonName")
    if name in cluster.notejam_addons:
        raise _in_use(cluster, "Addon already exists.")
    addon = {
        "addonName": name,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "addonVersion": self._get_param("addonVersion") or _addon_version(cluster.version),
        "health": {"issues": []},
        "addonArn": _arn(cluster, "addon", name, str(uuid.uuid4())),
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "serviceAccountRoleArn": self._get_param("serviceAccountRoleArn"),
        "configurationValues": self._get_param("configurationValues"),
        "tags": self._get_param("tags") or {},
        "podIdentityAssociations": [],
    }
    _replace_pod_identities(self, cluster, addon)
    cluster.notejam_addons[name] = addon
    return ActionResult({"addon": addon})


@adds(EKSResponse)
def describe_addon(self: Any) -> ActionResult:
    """DescribeAddon: moto has none."""
    return ActionResult({"addon": _addon(self)})


@adds(EKSResponse)
def update_addon(self: Any) -> ActionResult:
    """UpdateAddon: moto has none."""
    addon = _addon(self)
    for key in ("addonVersion", "serviceAccountRoleArn", "configurationValues"):
        if self._get_param(key) is not None:
            addon[key] = self._get_param(key)
    _replace_pod_identities(self, _cluster(self), addon)
    return _finished_update(_cluster(self), "AddonUpdate")


@adds(EKSResponse)
def delete_addon(self: Any) -> ActionResult:
    """DeleteAddon: moto has none."""
    addon = _addon(self)
    cluster = _cluster(self)
    _drop_pod_identities(cluster, addon)
    return ActionResult({"addon": cluster.notejam_addons.pop(addon["addonName"])})


@adds(EKSResponse)
def list_addons(self: Any) -> ActionResult:
    """ListAddons: moto has none."""
    return ActionResult({"addons": list(_cluster(self).notejam_addons)})


def _addon_version(kubernetes_version: str) -> str:
    """Returns an artificial version that contains the Kubernetes version, so that an upgrade is a change."""
    return f"v{kubernetes_version}.0-eksbuild.1"


@adds(EKSResponse)
def describe_addon_versions(self: Any) -> ActionResult:
    """DescribeAddonVersions: moto has none (`aws_eks_addon_version`). One artificial version per Kubernetes version."""
    kubernetes = self._get_param("kubernetesVersion") or "1.35"
    version = {
        "addonVersion": _addon_version(kubernetes),
        "architecture": ["amd64", "arm64"],
        "compatibilities": [{"clusterVersion": kubernetes, "platformVersions": ["*"], "defaultVersion": True}],
        "requiresConfiguration": False,
    }
    addon = {
        "addonName": self._get_param("addonName") or "vpc-cni",
        "type": "networking",
        "owner": "aws",
        "publisher": "eks",
        "addonVersions": [version],
    }
    return ActionResult({"addons": [addon]})


# Access entries


def _principal(response: Any) -> str:
    return response.uri_match["principalArn"]


def _access_entry(response: Any) -> tuple[Any, dict[str, Any]]:
    cluster = _cluster(response)
    principal = _principal(response)
    if principal not in cluster.notejam_access_entries:
        raise _not_found(f"The specified principalArn could not be found: {principal}")
    return cluster, cluster.notejam_access_entries[principal]


def _default_user_name(principal: str, kind: str) -> str:
    if kind != "STANDARD":
        return "system:node:{{EC2PrivateDNSName}}"
    prefix, _, name = principal.replace(":iam:", ":sts:").partition(":role/")
    return f"{prefix}:assumed-role/{name.split('/')[-1]}/{{{{SessionName}}}}" if name else principal


@adds(EKSResponse)
def create_access_entry(self: Any) -> ActionResult:
    """CreateAccessEntry: moto has none (`aws_eks_access_entry`)."""
    cluster = _cluster(self)
    principal = self._get_param("principalArn")
    if principal in cluster.notejam_access_entries:
        raise _in_use(cluster, "The specified access entry resource is already in use on this cluster.")
    kind = self._get_param("type") or "STANDARD"
    principal_kind = principal.split(":")[-1].split("/")[0]
    entry = {
        "clusterName": cluster.name,
        "principalArn": principal,
        "kubernetesGroups": (self._get_param("kubernetesGroups") or []) if kind == "STANDARD" else ["system:nodes"],
        "type": kind,
        "accessEntryArn": _arn(
            cluster, "access-entry", principal_kind, self.current_account, principal.split("/")[-1], str(uuid.uuid4())
        ),
        "username": self._get_param("username") or _default_user_name(principal, kind),
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "tags": self._get_param("tags") or {},
    }
    cluster.notejam_access_entries[principal] = entry
    cluster.notejam_access_policies[principal] = {}
    return ActionResult({"accessEntry": entry})


@adds(EKSResponse)
def describe_access_entry(self: Any) -> ActionResult:
    """DescribeAccessEntry: moto has none."""
    return ActionResult({"accessEntry": _access_entry(self)[1]})


@adds(EKSResponse)
def update_access_entry(self: Any) -> ActionResult:
    """UpdateAccessEntry: moto has none."""
    _, entry = _access_entry(self)
    for key in ("kubernetesGroups", "username"):
        if self._get_param(key) is not None:
            entry[key] = self._get_param(key)
    return ActionResult({"accessEntry": entry})


@adds(EKSResponse)
def delete_access_entry(self: Any) -> EmptyResult:
    """DeleteAccessEntry: moto has none."""
    cluster, entry = _access_entry(self)
    del cluster.notejam_access_entries[entry["principalArn"]]
    del cluster.notejam_access_policies[entry["principalArn"]]
    return EmptyResult()


@adds(EKSResponse)
def list_access_entries(self: Any) -> ActionResult:
    """ListAccessEntries: moto has none."""
    return ActionResult({"accessEntries": list(_cluster(self).notejam_access_entries)})


@adds(EKSResponse)
def associate_access_policy(self: Any) -> ActionResult:
    """AssociateAccessPolicy: moto has none (`aws_eks_access_policy_association`)."""
    cluster, entry = _access_entry(self)
    policy_arn = self._get_param("policyArn")
    association = {
        "policyArn": policy_arn,
        "accessScope": self._get_param("accessScope"),
        "associatedAt": utcnow(),
        "modifiedAt": utcnow(),
    }
    cluster.notejam_access_policies[entry["principalArn"]][policy_arn] = association
    return ActionResult(
        {
            "clusterName": cluster.name,
            "principalArn": entry["principalArn"],
            "associatedAccessPolicy": association,
        }
    )


@adds(EKSResponse)
def disassociate_access_policy(self: Any) -> EmptyResult:
    """DisassociateAccessPolicy: moto has none."""
    cluster, entry = _access_entry(self)
    cluster.notejam_access_policies[entry["principalArn"]].pop(self.uri_match["policyArn"], None)
    return EmptyResult()


@adds(EKSResponse)
def list_associated_access_policies(self: Any) -> ActionResult:
    """ListAssociatedAccessPolicies: moto has none."""
    cluster, entry = _access_entry(self)
    return ActionResult(
        {
            "clusterName": cluster.name,
            "principalArn": entry["principalArn"],
            "associatedAccessPolicies": list(cluster.notejam_access_policies[entry["principalArn"]].values()),
        }
    )


# Pod identity


def _new_pod_identity(
    response: Any, cluster: Any, namespace: str, service_account: str, role_arn: str
) -> dict[str, Any]:
    association_id = "a-" + uuid.uuid4().hex[:17]
    association = {
        "clusterName": cluster.name,
        "namespace": namespace,
        "serviceAccount": service_account,
        "roleArn": role_arn,
        "associationId": association_id,
        "associationArn": _arn(cluster, "podidentityassociation", association_id),
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "tags": {},
    }
    cluster.notejam_pod_identities[association_id] = association
    return association


def _pod_identity(response: Any) -> tuple[Any, dict[str, Any]]:
    cluster = _cluster(response)
    association_id = response._get_param("associationId")
    if association_id not in cluster.notejam_pod_identities:
        raise _not_found(f"The association {association_id} was not found in cluster {cluster.name}")
    return cluster, cluster.notejam_pod_identities[association_id]


@adds(EKSResponse)
def create_pod_identity_association(self: Any) -> ActionResult:
    """CreatePodIdentityAssociation: moto has none (`aws_eks_pod_identity_association`).

    As in AWS, a second association of a service account is rejected.
    """
    cluster = _cluster(self)
    namespace, service_account = self._get_param("namespace"), self._get_param("serviceAccount")
    for each in cluster.notejam_pod_identities.values():
        if (each["namespace"], each["serviceAccount"]) == (namespace, service_account):
            raise _in_use(cluster, f"Association already exists: {each['associationId']}")
    association = _new_pod_identity(self, cluster, namespace, service_account, self._get_param("roleArn"))
    association["tags"] = self._get_param("tags") or {}
    return ActionResult({"association": association})


@adds(EKSResponse)
def describe_pod_identity_association(self: Any) -> ActionResult:
    """DescribePodIdentityAssociation: moto has none."""
    return ActionResult({"association": _pod_identity(self)[1]})


@adds(EKSResponse)
def update_pod_identity_association(self: Any) -> ActionResult:
    """UpdatePodIdentityAssociation: moto has none."""
    _, association = _pod_identity(self)
    association["roleArn"] = self._get_param("roleArn") or association["roleArn"]
    return ActionResult({"association": association})


@adds(EKSResponse)
def delete_pod_identity_association(self: Any) -> ActionResult:
    """DeletePodIdentityAssociation: moto has none."""
    cluster, association = _pod_identity(self)
    return ActionResult({"association": cluster.notejam_pod_identities.pop(association["associationId"])})


@adds(EKSResponse)
def list_pod_identity_associations(self: Any) -> ActionResult:
    """ListPodIdentityAssociations: moto has none."""
    return ActionResult({"associations": list(_cluster(self).notejam_pod_identities.values())})


# Tags of everything in a cluster


def _tags_of_arn(response: Any) -> dict[str, str] | None:
    """Returns the tags of a node group, add-on, access entry or association; None for other ARNs."""
    arn = response._extract_arn_from_path()
    for cluster in response.eks_backend.clusters.values():
        for group in cluster.nodegroups.values():
            if group.arn == arn:
                return group.tags
        for things, key in (
            (cluster.notejam_addons, "addonArn"),
            (cluster.notejam_access_entries, "accessEntryArn"),
            (cluster.notejam_pod_identities, "associationArn"),
        ):
            for thing in things.values():
                if thing[key] == arn:
                    return thing["tags"]
    return None


@extends(EKSResponse)
def tag_resource(original: Any, self: Any) -> Any:
    """TagResource for a cluster's child resources; moto only tags clusters."""
    tags = _tags_of_arn(self)
    if tags is None:
        return original(self)
    tags.update(self._get_param("tags"))
    return EmptyResult()


@extends(EKSResponse)
def untag_resource(original: Any, self: Any) -> Any:
    """UntagResource, as TagResource above."""
    tags = _tags_of_arn(self)
    if tags is None:
        return original(self)
    for key in self.querystring.get("tagKeys", []):
        tags.pop(key, None)
    return EmptyResult()


@extends(EKSResponse)
def list_tags_for_resource(original: Any, self: Any) -> Any:
    """ListTagsForResource, as TagResource above."""
    tags = _tags_of_arn(self)
    return original(self) if tags is None else ActionResult({"tags": tags})


# Paths of the calls that moto lacks

for path in (
    "updates",
    "updates/(?P<updateId>[^/]+)",
    "encryption-config/associate",
    "node-groups/(?P<nodegroupName>[^/]+)/update-version",
    "addons",
    "addons/(?P<addonName>[^/]+)",
    "addons/(?P<addonName>[^/]+)/update",
    "access-entries",
    "access-entries/(?P<principalArn>.+)",
    "access-entries/(?P<principalArn>.+)/access-policies",
    "access-entries/(?P<principalArn>.+)/access-policies/(?P<policyArn>.+)",
    "pod-identity-associations",
    "pod-identity-associations/(?P<associationId>[^/]+)",
):
    urls.url_paths["{0}/clusters/(?P<name>[^/]+)/" + path + "$"] = urls.response.dispatch
urls.url_paths["{0}/addons/supported-versions$"] = urls.response.dispatch

_ACCESS_ENTRY_PATH = re.compile(
    r"^/clusters/(?P<name>[^/]+)/access-entries/(?P<principalArn>.+?)"
    r"(?P<policies>/access-policies(?:/(?P<policyArn>.+))?)?$"
)
_ACCESS_POLICY_CALLS = {
    "POST": "AssociateAccessPolicy",
    "GET": "ListAssociatedAccessPolicies",
    "DELETE": "DisassociateAccessPolicy",
}
_ACCESS_ENTRY_CALLS = {"POST": "UpdateAccessEntry", "GET": "DescribeAccessEntry", "DELETE": "DeleteAccessEntry"}


@extends(EKSResponse)
def get_region_from_url(original: Any, self: Any, request: Any, full_url: str) -> str:
    """Reads the region only from the host name.

    moto also searches the path. It matches `sso.amazonaws.com` in the ARN of an IAM Identity Center role
    (`role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_…`) and uses the ARN as the region.
    """
    return original(self, request, f"//{urlsplit(full_url).netloc}")


@extends(EKSResponse)
def _get_action(original: Any, self: Any) -> str:
    """Finds the call for a path with an ARN: its slashes are decoded, which moto's patterns do not match."""
    match = _ACCESS_ENTRY_PATH.match(unquote(self.raw_path))
    if not match:
        return original(self)
    # moto 5.2.5 keeps the parameters of the path as a dictionary, older releases as the match.
    self.uri_match = match.groupdict() if isinstance(self.uri_match, dict) else match
    return (_ACCESS_POLICY_CALLS if match["policies"] else _ACCESS_ENTRY_CALLS)[self.method]
