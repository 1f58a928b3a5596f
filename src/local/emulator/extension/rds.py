"""RDS: what an Aurora cluster and its instances need to plan empty."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.models import DBCluster
from moto.rds.responses import RDSResponse

from patching import extends

_SERVERLESS_V1_SETTINGS = {
    "MinCapacity": "min_capacity",
    "MaxCapacity": "max_capacity",
    "AutoPause": "auto_pause",
    "SecondsUntilAutoPause": "seconds_until_auto_pause",
    "TimeoutAction": "timeout_action",
    "SecondsBeforeTimeout": "seconds_before_timeout",
}


def _scaling_configuration_info(self: Any) -> dict[str, Any] | None:
    """A provisioned cluster has no serverless v1 settings (`aws_rds_cluster.scaling_configuration`).

    moto invents an empty one, which each plan wanted to remove.
    """
    if not self.scaling_configuration:
        return None
    return {name: self.scaling_configuration.get(key) for name, key in _SERVERLESS_V1_SETTINGS.items()}


DBCluster.scaling_configuration_info = property(_scaling_configuration_info)


@extends(RDSResponse)
def describe_db_parameters(_original: Any, self: Any) -> ActionResult:
    """Parameters that were set say so (`Source: user`), or the provider reads them as absent (`aws_db_parameter_group`)."""
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
    instance.monitoring_interval = self.params.get("MonitoringInterval") or 0
    instance.monitoring_role_arn = self.params.get("MonitoringRoleArn")
    instance.performance_insights_enabled = bool(self.params.get("EnablePerformanceInsights"))
    instance.performance_insights_kms_key_id = self.params.get("PerformanceInsightsKMSKeyId")
    instance.performance_insights_retention_period = self.params.get("PerformanceInsightsRetentionPeriod")
    return answer
