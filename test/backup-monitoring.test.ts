import { beforeAll, describe, expect, it } from "vitest";
import { at, listAt, type Manifest, numberAt, textAt, textsAt } from "../src/kubernetes/objects.js";
import { renderedEnvironments } from "./rendered-environments.js";
import { needs } from "./required-tools.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";
import { statementsOf } from "./synthesized-constructs.js";

/*
 * Metrics of the backup and restore-test jobs: the jobs, their IAM permissions and the CloudWatch alarms must use the
 * same namespace and dimensions. Otherwise the alarms would never see data.
 */

const HOUR_SECONDS = 3600;

describe.each(["dev", "prod"])("%s: backup monitoring", needs("kubectl or kustomize"), (environmentId) => {
  let platform: Synthesized;
  let objects: readonly Manifest[];
  beforeAll(async () => {
    platform = stackNamed(synthesizeApp(await repositoryConfiguration()), `notejam-${environmentId}`);
    const rendered = await renderedEnvironments();
    objects = rendered.find((environment) => environment.environmentId === environmentId)?.objects ?? [];
  });

  const alarm = (name: string) => platform.one("aws_cloudwatch_metric_alarm", new RegExp(`^alarms_${name}_`));
  const job = (name: string) => {
    const found = objects.find((object) => object.kind === "CronJob" && object.name === name);
    if (!found) throw new Error(`no CronJob ${name}`);
    return at(found.body, "spec");
  };
  const pod = (name: string) => at(job(name), "jobTemplate", "spec", "template");

  it.each(["notejam-backup", "notejam-restore-test"])("alarms on the dimensions that %s reports", (name) => {
    const [container] = listAt(pod(name), "spec", "containers");
    expect(listAt(container, "env")).toContainEqual({ name: "METRICS_ENVIRONMENT", value: environmentId });
    expect(alarm("backup-unproven").dimensions).toEqual({ Environment: environmentId });
    expect(alarm("drill-failed").dimensions).toEqual({ Environment: environmentId });
    expect(JSON.stringify(alarm("backup-overdue").metric_query)).toContain(
      `{"Environment":"${environmentId}"}`,
    );
  });

  it.each(["notejam-backup", "notejam-restore"])(
    "allows %s to write only to the namespace of the alarms",
    (name) => {
      const statements = statementsOf(platform.one("aws_iam_role_policy", new RegExp(`-${name}_`)).policy);
      const report = statements.filter(({ Action }) => Action?.includes("cloudwatch:PutMetricData"));
      expect(report.map(({ Condition }) => Condition)).toEqual([
        { StringEquals: { "cloudwatch:namespace": alarm("backup-unproven").namespace } },
      ]);
    },
  );

  it("sets the overdue threshold between the longest job and the shortest time between two backups", () => {
    const limit = Number(alarm("backup-overdue").threshold);
    expect(
      numberAt(job("notejam-backup"), "jobTemplate", "spec", "activeDeadlineSeconds"),
    ).toBeLessThanOrEqual(limit);
    expect(textAt(job("notejam-backup"), "schedule")).toBe("0 */4 * * *");
    const latest = numberAt(job("notejam-backup"), "startingDeadlineSeconds") ?? 0;
    expect(4 * HOUR_SECONDS - latest).toBeGreaterThanOrEqual(limit);
  });

  it("lets network traffic of the jobs out to AWS and to the database", () => {
    const policies = objects.filter(
      ({ kind, namespace }) => kind === "NetworkPolicy" && namespace === "notejam",
    );
    for (const name of ["notejam-backup", "notejam-restore-test"]) {
      const labels = textsAt(pod(name), "metadata", "labels");
      const ports = policies
        .filter(({ body }) => selects(at(body, "spec", "podSelector"), labels))
        .flatMap(({ body }) => listAt(body, "spec", "egress"))
        .flatMap((rule) => listAt(rule, "ports"))
        .map((port) => numberAt(port, "port"));
      expect(ports, name).toEqual(expect.arrayContaining([53, 80, 443, 5432]));
    }
  });
});

/** Returns true if a label selector matches. Supports only the operator `In`. */
function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(textsAt(selector, "matchLabels")).every(([key, value]) => labels[key] === value) &&
    listAt(selector, "matchExpressions").every((expression) =>
      listAt(expression, "values").includes(labels[textAt(expression, "key") ?? ""]),
    )
  );
}
