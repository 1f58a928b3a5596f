import { beforeAll, describe, expect, it } from "vitest";
import { at, listAt, type Manifest, numberAt, textAt, textsAt } from "../src/kubernetes/objects.js";
import { renderedEnvironments } from "./rendered-environments.js";
import { needs } from "./required-tools.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";
import { statementsOf } from "./synthesized-constructs.js";

/*
 * What backup and drill report in the cluster is what AWS admits and what CloudWatch's alarms look at: three places
 * that have to agree, or silence would be taken for health.
 */

const HOUR_SECONDS = 3600;

describe.each(["dev", "prod"])(
  "%s: whoever watches over backups",
  needs("kubectl or kustomize"),
  (instance) => {
    let platform: Synthesized;
    let objects: readonly Manifest[];
    beforeAll(async () => {
      platform = stackNamed(synthesizeApp(await repositoryConfiguration()), `notejam-${instance}`);
      const rendered = await renderedEnvironments();
      objects = rendered.find((environment) => environment.instance === instance)?.objects ?? [];
    });

    const alarm = (name: string) =>
      platform.one("aws_cloudwatch_metric_alarm", new RegExp(`^alarms_${name}_`));
    const job = (name: string) => {
      const found = objects.find((object) => object.kind === "CronJob" && object.name === name);
      if (!found) throw new Error(`no CronJob is called ${name}`);
      return at(found.body, "spec");
    };
    const pod = (name: string) => at(job(name), "jobTemplate", "spec", "template");

    it.each(["notejam-backup", "notejam-restore-test"])(
      "hears of %s under the name that its alarms look at",
      (name) => {
        const [container] = listAt(pod(name), "spec", "containers");
        expect(listAt(container, "env")).toContainEqual({ name: "METRICS_ENVIRONMENT", value: instance });
        expect(alarm("backup-unproven").dimensions).toEqual({ Environment: instance });
        expect(alarm("drill-failed").dimensions).toEqual({ Environment: instance });
        expect(JSON.stringify(alarm("backup-overdue").metric_query)).toContain(
          `{"Environment":"${instance}"}`,
        );
      },
    );

    it.each(["notejam-backup", "notejam-restore"])(
      "admits %s to the namespace that the alarms read",
      (name) => {
        const statements = statementsOf(platform.one("aws_iam_role_policy", new RegExp(`-${name}_`)).policy);
        const report = statements.filter(({ Action }) => Action?.includes("cloudwatch:PutMetricData"));
        expect(report.map(({ Condition }) => Condition)).toEqual([
          { StringEquals: { "cloudwatch:namespace": alarm("backup-unproven").namespace } },
        ]);
      },
    );

    it("can tell a backup that was just made from an older one: no job runs so long, or begins so late", () => {
      const limit = Number(alarm("backup-overdue").threshold);
      expect(
        numberAt(job("notejam-backup"), "jobTemplate", "spec", "activeDeadlineSeconds"),
      ).toBeLessThanOrEqual(limit);
      expect(textAt(job("notejam-backup"), "schedule")).toBe("0 */4 * * *");
      const latest = numberAt(job("notejam-backup"), "startingDeadlineSeconds") ?? 0;
      expect(4 * HOUR_SECONDS - latest).toBeGreaterThanOrEqual(limit);
    });

    it("is reached by the jobs: the network lets them out to AWS and to the database", () => {
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
  },
);

/** Whether a selector of labels and expressions (only `In` is in use) is about a pod. */
function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(textsAt(selector, "matchLabels")).every(([key, value]) => labels[key] === value) &&
    listAt(selector, "matchExpressions").every((expression) =>
      listAt(expression, "values").includes(labels[textAt(expression, "key") ?? ""]),
    )
  );
}
