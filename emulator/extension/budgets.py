"""AWS Budgets: subscribers and tags. Without them Terraform taints a created budget."""

from __future__ import annotations

import json
from typing import Any

from moto.budgets.responses import BudgetsResponse

from patching import adds, extends


def _matches(notification: Any, wanted: dict[str, Any]) -> bool:
    keys = ("NotificationType", "ComparisonOperator", "Threshold")
    return all(notification.details.get(key) == wanted.get(key) for key in keys)


@extends(BudgetsResponse)
def create_budget(original: Any, self: Any) -> Any:
    """Keeps the tags of CreateBudget, which moto drops (`aws_budgets_budget`)."""
    answer = original(self)
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("Budget")["BudgetName"]]
    budget.notejam_tags = self._get_param("ResourceTags") or []
    return answer


@adds(BudgetsResponse)
def describe_subscribers_for_notification(self: Any) -> str:
    """DescribeSubscribersForNotification: moto has none; the provider calls it for each notification."""
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
    wanted = self._get_param("Notification") or {}
    for notification in budget.notifications:
        if _matches(notification, wanted):
            return json.dumps({"Subscribers": notification.subscribers})
    return json.dumps({"Subscribers": []})


def _budget_of_arn(response: Any) -> Any:
    arn = response._get_param("ResourceARN")
    return response.backend.budgets[arn.split(":")[4]][arn.split("budget/")[1]]


@adds(BudgetsResponse)
def list_tags_for_resource(self: Any) -> str:
    """ListTagsForResource: moto has none."""
    return json.dumps({"ResourceTags": getattr(_budget_of_arn(self), "notejam_tags", [])})


@adds(BudgetsResponse)
def tag_resource(self: Any) -> str:
    """TagResource: moto has none (a change of tags)."""
    budget = _budget_of_arn(self)
    new = {tag["Key"]: tag for tag in self._get_param("ResourceTags")}
    kept = [tag for tag in getattr(budget, "notejam_tags", []) if tag["Key"] not in new]
    budget.notejam_tags = kept + list(new.values())
    return json.dumps({})
