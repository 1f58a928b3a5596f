"""RDS: attributes without which a plan would change an Aurora cluster and its instances."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.models import DBCluster, MasterUserSecret
from moto.rds.responses import RDSResponse

from patching import extends, require

_SERVERLESS_V1_SETTINGS = {
    "MinCapacity": "min_capacity",
    "MaxCapacity": "max_capacity",
    "AutoPause": "auto_pause",
    "SecondsUntilAutoPause": "seconds_until_auto_pause",
    "TimeoutAction": "timeout_action",
    "SecondsBeforeTimeout": "seconds_before_timeout",
}


# AWS's default certificate authority. moto returns a name that AWS never returns: the provider then changed
# the certificate and rebooted each new instance, 160 s of waiting (`aws_rds_cluster_instance.ca_cert_identifier`).
_DEFAULT_CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"


def _scaling_configuration_info(self: Any) -> dict[str, Any] | None:
    """A provisioned cluster has no serverless v1 settings (`aws_rds_cluster.scaling_configuration`).

    moto returns an empty one, which each plan would remove.
    """
    if not self.scaling_configuration:
        return None
    return {name: self.scaling_configuration.get(key) for name, key in _SERVERLESS_V1_SETTINGS.items()}


require(DBCluster, "scaling_configuration_info")
DBCluster.scaling_configuration_info = property(_scaling_configuration_info)


@extends(RDSResponse)
def describe_db_parameters(_original: Any, self: Any) -> ActionResult:
    """Returns configured parameters with `Source: user`; else the provider ignores them (`aws_db_parameter_group`)."""
    name = self.params.get("DBParameterGroupName")
    groups = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
    if not groups:
        raise DBParameterGroupNotFoundError(name)
    return ActionResult({"Parameters": [{"Source": "user", **each} for each in groups[0].parameters.values()]})


@extends(RDSResponse)
def create_db_instance(original: Any, self: Any) -> ActionResult:
    """Keeps monitoring and Performance Insights settings, which moto drops for instances of a cluster (`aws_rds_cluster_instance`)."""
    answer = original(self)
    instance = answer.result["DBInstance"]
    instance.ca_certificate_identifier = self.params.get("CACertificateIdentifier") or _DEFAULT_CERTIFICATE_AUTHORITY
    instance.monitoring_interval = self.params.get("MonitoringInterval") or 0
    instance.monitoring_role_arn = self.params.get("MonitoringRoleArn")
    instance.performance_insights_enabled = bool(self.params.get("EnablePerformanceInsights"))
    instance.performance_insights_kms_key_id = self.params.get("PerformanceInsightsKMSKeyId")
    instance.performance_insights_retention_period = self.params.get("PerformanceInsightsRetentionPeriod")
    return answer


# Arguments of CreateDBCluster and ModifyDBCluster that moto drops, by the attribute of its response.
_FORGOTTEN_CLUSTER_ARGUMENTS = {
    "engine_lifecycle_support": "EngineLifecycleSupport",
    "database_insights_mode": "DatabaseInsightsMode",
    "performance_insights_enabled": "EnablePerformanceInsights",
    "performance_insights_kms_key_id": "PerformanceInsightsKMSKeyId",
    "performance_insights_retention_period": "PerformanceInsightsRetentionPeriod",
    "monitoring_interval": "MonitoringInterval",
    "monitoring_role_arn": "MonitoringRoleArn",
}


def _remember(cluster: Any, params: Any) -> None:
    for attribute, name in _FORGOTTEN_CLUSTER_ARGUMENTS.items():
        if params.get(name) is not None:
            setattr(cluster, attribute, params.get(name))


@extends(RDSResponse)
def create_db_cluster(original: Any, self: Any) -> ActionResult:
    """Stores arguments of CreateDBCluster that moto drops (`aws_rds_cluster.engine_lifecycle_support` and others)."""
    answer = original(self)
    _remember(answer.result["DBCluster"], self.params)
    return answer


@extends(RDSResponse)
def modify_db_cluster(original: Any, self: Any) -> ActionResult:
    """Stores arguments of ModifyDBCluster that moto drops."""
    answer = original(self)
    for cluster in (answer.result["DBCluster"], self.backend.clusters[self.params["DBClusterIdentifier"]]):
        _remember(cluster, self.params)
    return answer


@extends(MasterUserSecret)
def _generate_secret_string(_original: Any, self: Any) -> str:
    """Writes the master user's name and a random password into the managed secret; moto writes `admin` for all."""
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))
    return json.dumps({"username": self.resource.master_username, "password": password})
