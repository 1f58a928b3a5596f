"""CloudWatch: composite alarms."""

from __future__ import annotations

from moto.cloudwatch.responses import CloudWatchResponse

from patching import require

# PutCompositeAlarm: moto has the model (an alarm with a rule) but not the call (`aws_cloudwatch_composite_alarm`).
CloudWatchResponse.put_composite_alarm = require(CloudWatchResponse, "put_metric_alarm")
