"""Lists the resources in the emulated account, to find those that remain after a destroy.

Not listed: what AWS itself creates (default VPCs and their contents, AWS-managed policies and keys, public images), and
what AWS keeps for a while after a delete (keys that wait for their deletion, terminated instances).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

Listing = Callable[[Any], Iterable[Any]]


def _keys(attribute: str) -> Listing:
    """All keys of a dictionary of the backend."""
    return lambda backend: list(getattr(backend, attribute))


def _keys_where(attribute: str, wanted: Callable[[Any], bool]) -> Listing:
    """The keys of a dictionary of the backend whose values are wanted."""
    return lambda backend: [key for key, value in getattr(backend, attribute).items() if wanted(value)]


def _nested(attribute: str, wanted: Callable[[Any], bool] = lambda _: True) -> Listing:
    """The keys of the dictionaries in a dictionary of the backend (by zone, VPC or account)."""
    return lambda backend: [
        key for inner in getattr(backend, attribute).values() for key, value in inner.items() if wanted(value)
    ]


def _own_vpcs(backend: Any) -> set[str]:
    return {vpc.id for vpc in backend.vpcs.values() if not vpc.is_default}


def _in_own_vpc(attribute: str) -> Listing:
    """Keys whose values are in an existing VPC that is not a default one (moto keeps a deleted VPC's network ACL)."""
    return lambda backend: [
        key for key, value in getattr(backend, attribute).items() if value.vpc_id in _own_vpcs(backend)
    ]


def _subnets(backend: Any) -> list[str]:
    by_zone = backend.subnets.values()
    return [key for zone in by_zone for key, subnet in zone.items() if subnet.vpc_id in _own_vpcs(backend)]


def _security_groups(backend: Any) -> list[str]:
    default_vpcs = {vpc.id for vpc in backend.vpcs.values() if vpc.is_default}
    return [
        group.id
        for groups in backend.groups.values()
        for group in groups.values()
        if not (group.name == "default" and group.vpc_id in default_vpcs)
    ]


def _instances(backend: Any) -> list[str]:
    return [
        instance.id
        for reservation in backend.reservations.values()
        for instance in reservation.instances
        if instance.state != "terminated"
    ]


def _made_by_customer(policy: Any) -> bool:
    return policy.arn.split(":")[4] != "aws"


def _kept_key(key: Any) -> bool:
    aws_managed = any(alias.startswith("alias/aws/") for alias in key.aliases)
    return key.key_state != "PendingDeletion" and not aws_managed


def _not_deleted(thing: Any) -> bool:
    return thing.state not in ("deleted", "deleting")


def _not_default_group(group: Any) -> bool:
    return not group.name.startswith("default")


_PARTS: dict[str, dict[str, Listing]] = {
    "acm": {"certificate": _keys("_certificates")},
    "application-autoscaling": {"target": _nested("targets"), "policy": _keys("policies")},
    "autoscaling": {
        "group": _keys("autoscaling_groups"),
        "launch configuration": _keys("launch_configurations"),
        "scheduled action": _keys("scheduled_actions"),
    },
    "budgets": {"budget": _nested("budgets")},
    "cloudtrail": {"trail": _keys("trails")},
    "cloudwatch": {"alarm": _keys("alarms"), "dashboard": _keys("dashboards")},
    "ec2": {
        "address": lambda backend: [address.allocation_id for address in backend.addresses],
        "flow log": _keys("flow_logs"),
        "instance": _instances,
        "internet gateway": _keys("internet_gateways"),
        "key pair": _keys("key_pairs"),
        "launch template": _keys("launch_templates"),
        "NAT gateway": _keys_where("nat_gateways", _not_deleted),
        "network ACL": _in_own_vpc("network_acls"),
        "network interface": _keys("enis"),
        "route table": _in_own_vpc("route_tables"),
        "security group": _security_groups,
        "subnet": _subnets,
        "volume": _keys("volumes"),
        "VPC": _keys_where("vpcs", lambda vpc: not vpc.is_default),
        "VPC endpoint": _keys_where("vpc_end_points", _not_deleted),
    },
    "ecr": {
        "replication rule": lambda backend: range(len(backend.replication_config["rules"])),
        "repository": _keys("repositories"),
        "scanning rule": lambda backend: range(len(backend.registry_scanning_configuration["rules"])),
    },
    "eks": {"cluster": _keys("clusters")},
    "elbv2": {"load balancer": _keys("load_balancers"), "target group": _keys("target_groups")},
    "events": {
        "event bus": _keys_where("event_buses", lambda bus: bus.name != "default"),
        "rule": lambda backend: [name for bus in backend.event_buses.values() for name in bus.rules],
    },
    "iam": {
        "instance profile": _keys("instance_profiles"),
        "OpenID Connect provider": _keys("open_id_providers"),
        "policy": _keys_where("managed_policies", _made_by_customer),
        "role": lambda backend: [role.name for role in backend.roles.values()],
        "user": _keys("users"),
    },
    "kms": {"key": _keys_where("keys", _kept_key)},
    "logs": {"log group": _keys("groups"), "resource policy": _keys("resource_policies")},
    "rds": {
        "cluster": _keys("clusters"),
        "cluster parameter group": _keys_where("db_cluster_parameter_groups", _not_default_group),
        # AWS deletes automatic ones ("rds:…") with their cluster.
        "cluster snapshot": lambda backend: [name for name in backend.cluster_snapshots if not name.startswith("rds:")],
        "instance": _keys("databases"),
        "parameter group": _keys_where("db_parameter_groups", _not_default_group),
        "subnet group": _keys("subnet_groups"),
    },
    "route53": {"health check": _keys("health_checks"), "hosted zone": _keys("zones")},
    "s3": {"bucket": _keys("buckets")},
    "s3control": {
        "account public access block": lambda backend: ["account"] if backend.public_access_block else [],
    },
    "secretsmanager": {"secret": lambda backend: list(dict.keys(backend.secrets))},
    "sns": {"topic": _keys("topics"), "subscription": _keys("subscriptions")},
    "ssm": {"parameter": lambda backend: [name for name in dict.keys(backend._parameters) if not name.startswith("/aws/")]},
    # Sessions and the caller's identity are not resources.
    "sts": {},
    "wafv2": {
        "IP set": _keys("ip_sets"),
        "rule group": _keys("rule_groups"),
        "web ACL": _keys("wacls"),
    },
}


def _everything_new(backend: BaseBackend) -> dict[str, Listing]:
    """For a service not listed above: the contents of each attribute that is larger than in a new backend."""
    fresh = vars(type(backend)(backend.region_name, backend.account_id))
    return {
        name: _keys(name)
        for name, value in vars(backend).items()
        if isinstance(value, (dict, list)) and len(value) > len(fresh.get(name, ()))
    }


def resources() -> list[dict[str, str]]:
    """All created resources that were not deleted, as service, region, type, id."""
    return sorted(_resources(), key=lambda each: (each["service"], each["region"], each["type"], each["id"]))


def _resources() -> Iterator[dict[str, str]]:
    for backends in {id(each): each for each in BackendDict._instances}.values():
        service = backends.service_name
        if service == "moto_api":
            continue
        for _account, region, backend in list(backends.iter_backends()):
            parts = _PARTS[service] if service in _PARTS else _everything_new(backend)
            for kind, listing in parts.items():
                for identifier in listing(backend):
                    name = identifier[-1] if isinstance(identifier, tuple) else identifier
                    where = "global" if region == "aws" else region
                    yield {"service": service, "region": where, "type": kind, "id": str(name)}
