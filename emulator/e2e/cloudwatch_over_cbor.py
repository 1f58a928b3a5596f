"""Calls CloudWatch with RPC v2 CBOR, as the newest SDKs do, and prints the responses as JSON.

Argument: the emulator's endpoint.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

REGION = "eu-west-1"


def cbor_client(endpoint: str) -> Any:
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def only_cbor(service: str, kind: str, *args: Any, **options: Any) -> Any:
        model = load(service, kind, *args, **options)
        if service == "cloudwatch" and kind == "service-2":
            # botocore prefers JSON for this service. The SDK for Go knows CBOR only.
            model["metadata"]["protocols"] = ["smithy-rpc-v2-cbor"]
        return model

    loader.load_service_model = only_cbor
    client = session.create_client(
        "cloudwatch",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    protocol = client.meta.service_model.resolved_protocol
    assert protocol == "smithy-rpc-v2-cbor", f"this client speaks {protocol}"
    return client


def error_of(call: Any, **arguments: Any) -> dict[str, Any]:
    try:
        call(**arguments)
    except ClientError as error:
        return {
            "code": error.response["Error"]["Code"],
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
        }
    return {}


def main() -> None:
    client = cbor_client(sys.argv[1])
    saw: dict[str, Any] = {}

    client.put_metric_alarm(
        AlarmName="errors",
        AlarmDescription="Größe",
        Namespace="Notejam",
        MetricName="Errors",
        Dimensions=[{"Name": "Service", "Value": "web"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=3,
        Threshold=0.5,
        ComparisonOperator="GreaterThanThreshold",
        ActionsEnabled=False,
        Tags=[{"Key": "env", "Value": "dev"}],
    )
    client.put_composite_alarm(AlarmName="any", AlarmRule='ALARM("errors")', ActionsEnabled=True)
    alarms = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    metric, composite = alarms["MetricAlarms"][0], alarms["CompositeAlarms"][0]
    names = (
        "AlarmName", "AlarmDescription", "Dimensions", "Period", "EvaluationPeriods", "Threshold", "ActionsEnabled",
    )  # fmt: skip
    saw["alarm"] = {name: metric[name] for name in names}
    saw["ageOfAlarm"] = (datetime.now(timezone.utc) - metric["AlarmConfigurationUpdatedTimestamp"]).total_seconds()
    saw["composite"] = {name: composite[name] for name in ("AlarmName", "AlarmRule")}

    arn = metric["AlarmArn"]
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "notes"}])
    client.untag_resource(ResourceARN=arn, TagKeys=["env"])
    saw["tags"] = client.list_tags_for_resource(ResourceARN=arn)["Tags"]

    body = json.dumps({"widgets": []})
    client.put_dashboard(DashboardName="board", DashboardBody=body)
    saw["dashboard"] = client.get_dashboard(DashboardName="board")["DashboardBody"] == body
    saw["missingDashboard"] = error_of(client.get_dashboard, DashboardName="other")
    client.delete_dashboards(DashboardNames=["board"])
    saw["dashboards"] = client.list_dashboards().get("DashboardEntries", [])

    # SDKs compress requests of more than 10 kB.
    data = [
        {"MetricName": f"metric-{number}", "Timestamp": datetime.now(timezone.utc), "Value": float(number)}
        for number in range(300)
    ]
    client.put_metric_data(Namespace="Many", MetricData=data)
    saw["metrics"] = len(client.list_metrics(Namespace="Many")["Metrics"])

    client.delete_alarms(AlarmNames=["errors", "any"])
    saw["alarmsLeft"] = client.describe_alarms().get("MetricAlarms", [])
    saw["notInMoto"] = error_of(client.list_metric_streams)
    print(json.dumps(saw))


main()
