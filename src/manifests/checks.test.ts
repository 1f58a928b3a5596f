import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Diagnostic } from "../diagnostic.js";
import type { Cluster, Given } from "../kubernetes/cluster.js";
import { parseManifests, splitDocuments } from "../kubernetes/objects.js";
import { ChartValues } from "./chart-values.js";
import { checkCluster, type Validators } from "./check-cluster.js";
import { Schemas } from "./schemas.js";

/*
 * Each file in test/fixtures/manifests/<check> has one mistake, and lists the expected errors in comments:
 * `# error: <pattern>` for each error, `# in: <Kustomization>` before objects, `# given: <what the cluster has>`.
 */

const FIXTURES = "test/fixtures/manifests";

const SCHEMAS = new Schemas("test/fixtures/schemas");
const CHARTS = new ChartValues("test/fixtures/chart-values");

const GIVEN: Given = {
  namespaces: ["flux-system", "kube-system", "monitoring", "office", "shop"],
  identities: [],
  addonServiceAccounts: [],
  nodeGroups: [
    { scope: "apps", tainted: true },
    { scope: "operations", tainted: false },
  ],
  secrets: [],
  configMaps: [{ namespace: "flux-system", name: "cluster-vars" }],
  gitSources: ["test-source"],
};

function clusterIn(text: string): Cluster {
  let kustomization = "test-source";
  const objects = splitDocuments(text).flatMap((document) => {
    kustomization = /^# in: (.+)$/m.exec(document)?.[1] ?? kustomization;
    return parseManifests(document, kustomization);
  });
  const changes: Partial<Given> = parse(/^# given: (.+)$/m.exec(text)?.[1] ?? "{}");
  return { objects, given: { ...GIVEN, ...changes }, root: "test-source", paths: new Set(["clusters"]) };
}

/** Schemas are left out for other checks: they would report an old version before removed-api does. */
function validatorsFor(check: string): Validators {
  return {
    schemas: check === "schema" ? SCHEMAS : undefined,
    charts: check === "values" ? CHARTS : undefined,
  };
}

const sentence = ({ where, summary, hint }: Diagnostic) =>
  [`${where.subject} ${summary}`, hint].filter(Boolean).join("; ");

function fixturesOf(check: string): string[] {
  return readdirSync(join(FIXTURES, check)).map((name) => join(FIXTURES, check, name));
}

const checks = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe.each(checks)("the check of %s", (check) => {
  it.each(fixturesOf(check))("reports the errors in %s, and no others", (file) => {
    const text = readFileSync(file, "utf8");
    const patterns = [...text.matchAll(/^# error: (.+)$/gm)].map(([, pattern = ""]) => new RegExp(pattern));
    const found = checkCluster(clusterIn(text), validatorsFor(check))
      .filter((diagnostic) => diagnostic.check === check)
      .map(sentence);
    expect(patterns.length).toBeGreaterThan(0);
    for (const pattern of patterns) expect(found).toContainEqual(expect.stringMatching(pattern));
    expect(found.filter((line) => !patterns.some((pattern) => pattern.test(line)))).toEqual([]);
  });
});

/** Mistakes in the former tree, with the fixture that has the same mistake. */
const MISTAKES_OF_THE_FORMER_TREE: Readonly<Record<string, string>> = {
  "API versions that no cluster serves any more": "removed-api/old-versions.yaml",
  "wait: false everywhere, so that dependsOn orders nothing": "kustomizations/wait-false.yaml",
  "objects applied before the definitions of their kinds":
    "kustomizations/resources-before-their-definitions.yaml",
  "namespaces that Flux may prune": "namespaces/pruned.yaml",
  "a secret committed to Git": "workloads/secret-in-git.yaml",
  "a development server and migrations in every pod's command": "workloads/development-server.yaml",
  "pods killed while they still serve": "workloads/killed-while-draining.yaml",
  "an autoscaler that stops at twice the usual load": "workloads/double-the-traffic.yaml",
  "a schedule of every minute of every fourth hour": "workloads/every-minute.yaml",
  "values misplaced in a chart, which Helm ignores": "values/misplaced-keys.yaml",
  "charts without a version": "releases/not-pinned.yaml",
  "a service in another namespace than its pods": "selectors/service-in-another-namespace.yaml",
  "container port 80 declared, 8000 served": "ports/container-port-80-served-8000.yaml",
  "references to what is not there": "references/of-pods.yaml",
  "pods that use AWS without a Pod Identity association": "identities/without-association.yaml",
};

describe("all checks", () => {
  it.each(Object.entries(MISTAKES_OF_THE_FORMER_TREE))("report in the former tree: %s", (_fault, name) => {
    const [check = ""] = name.split("/");
    const cluster = clusterIn(readFileSync(join(FIXTURES, name), "utf8"));
    const found = checkCluster(cluster, validatorsFor(check)).filter(
      (diagnostic) => diagnostic.check === check,
    );
    expect(found).not.toEqual([]);
  });

  it("report nothing in correct manifests", () => {
    const text = readFileSync(join(FIXTURES, "sound.yaml"), "utf8");
    expect(checkCluster(clusterIn(text), { schemas: undefined, charts: CHARTS }).map(sentence)).toEqual([]);
  });

  it("have a fixture with a mistake each", () => {
    const files = readdirSync("src/manifests/checks").map((name) => basename(name, ".ts"));
    expect(files.filter((name) => !checks.includes(name))).toEqual([]);
  });
});
