import type { StandInOutcome } from "./stand-in.js";

const event = (message: string, more: object = {}) => ({
  "@level": "info",
  "@message": message,
  "@module": "terraform.ui",
  "@timestamp": "2026-11-01T00:00:00.000000Z",
  type: "log",
  ...more,
});

const VERSION = event("Terraform 1.11.4", { type: "version", terraform: "1.11.4", ui: "1.2" });

/** Value in the plan's JSON that must not appear in a pull request. */
export const SECRET_IN_PLAN = "canary-in-the-plan";

const TYPE = "aws_sns_topic";

/** Plan that creates one resource. */
export const PLANNED: StandInOutcome = {
  status: "planned_and_finished",
  log: [
    VERSION,
    event(`${TYPE}.alerts: Plan to create`, {
      type: "planned_change",
      change: { resource: { addr: `${TYPE}.alerts` }, action: "create" },
    }),
    event("Plan: 1 to add, 0 to change, 0 to destroy.", {
      type: "change_summary",
      changes: { add: 1, change: 0, import: 0, remove: 0, operation: "plan" },
    }),
  ],
  plan: {
    plan_format_version: "1.2",
    provider_format_version: "1.0",
    output_changes: {},
    resource_drift: [],
    relevant_attributes: [],
    resource_changes: [
      {
        address: `${TYPE}.alerts`,
        mode: "managed",
        type: TYPE,
        name: "alerts",
        provider_name: "registry.terraform.io/hashicorp/aws",
        change: {
          actions: ["create"],
          before: null,
          after: { name: SECRET_IN_PLAN },
          after_unknown: { arn: true },
          before_sensitive: false,
          after_sensitive: {},
        },
      },
    ],
    provider_schemas: {
      "registry.terraform.io/hashicorp/aws": {
        resource_schemas: {
          [TYPE]: {
            version: 0,
            block: {
              attributes: {
                arn: { type: "string", computed: true },
                name: { type: "string", optional: true },
              },
            },
          },
        },
      },
    },
  },
};

/** Failed plan: an input variable has no valid value. */
export const ERRORED: StandInOutcome = {
  status: "errored",
  log: [
    VERSION,
    event("Error: Invalid value for variable", {
      "@level": "error",
      type: "diagnostic",
      diagnostic: {
        severity: "error",
        summary: "Invalid value for variable",
        detail: "db_user must be 1 to 63 lower-case letters, digits and underscores.",
      },
    }),
  ],
};
