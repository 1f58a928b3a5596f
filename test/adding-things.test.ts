import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { blocksBelow, copyProject, follow, headingsOf } from "./contribution-steps.js";
import { needs } from "./required-tools.js";
import { Synthesized } from "./synthesized-constructs.js";

const DOCUMENT = readFileSync("CONTRIBUTING.md", "utf8");

/** Copy of the project. All additions are made in it, so they also work together. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-adding-"));
  copyProject(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

const followSteps = (heading: string) => follow(DOCUMENT, heading, folder);
const stack = (name: string) =>
  new Synthesized(readFileSync(join(folder, "cdktf.out/stacks", name, "cdk.tf.json"), "utf8"));
/** Numbers of passed tests that runs of Vitest print. */
const passedTests = (printed: string) =>
  [...stripVTControlCharacters(printed).matchAll(/^ *Tests +(\d+) passed/gm)].map(([, count]) =>
    Number(count),
  );
const errorsOf = (printed: string) => [...printed.matchAll(/, (\d+) errors?$/gm)].map(([, count]) => count);
const rendered = (path: string) => parse(readFileSync(join(folder, "out/manifests", path), "utf8"));

describe("the steps to add", () => {
  it("a module give an example that synthesizes, and generated documentation", async () => {
    const printed = await followSteps("A module");
    // The construct's test; then its example, and two tests of its README.
    expect(passedTests(printed)).toEqual([1, 3]);
    const documentation = readFileSync(join(folder, "modules/sqs/README.md"), "utf8");
    expect(documentation).toContain("### `@notejam/constructs/sqs/queue`");
    expect(documentation).toContain("| `retentionDays` |");
  });

  it(
    "an environment create two stacks, workspaces with variables, and a place in the workflows",
    needs("kubectl or kustomize"),
    async () => {
      const printed = await followSteps("An environment");
      expect(printed).toContain('non-production: ["dev","test"]');
      expect(printed).toContain('builds: ["dev","test"]');
      expect(printed).toMatch(/^test: \d+ objects in \d+ Kustomizations, 0 errors$/m);
      expect(stack("notejam-test").resources("aws_eks_cluster")).toHaveLength(1);
      expect(stack("notejam-test-gitops").resources("github_repository_environment")).toMatchObject([
        { environment: "test" },
      ]);
      const bootstrap = stack("notejam-bootstrap");
      const workspaces = bootstrap.resources("tfe_workspace");
      const added = workspaces.filter(({ name }) => /^notejam-test(-gitops)?$/.test(String(name)));
      expect(added).toHaveLength(2);
      const keys = bootstrap
        .resources("tfe_variable")
        .filter(({ workspace_id: id }) => added.some((workspace) => String(id).includes(`.${workspace.id}.`)))
        .map(({ key }) => key);
      expect(keys).toEqual(expect.arrayContaining(["db_user", "db_pass", "TFC_AWS_APPLY_ROLE_ARN"]));
    },
  );

  it("an alarm put it into the stacks, and its section into the runbook", async () => {
    expect(passedTests(await followSteps("An alarm"))).toEqual([expect.any(Number)]);
    for (const environment of ["dev", "prod"]) {
      const alarms = stack(`notejam-${environment}`).resources("aws_cloudwatch_metric_alarm");
      const added = alarms.filter(({ metric_name: name }) => name === "RejectedConnectionCount");
      expect(added).toMatchObject([
        {
          alarm_name: `notejam-${environment}-load-balancer-connections`,
          alarm_description: expect.stringContaining("network.md#load-balancer-connections"),
        },
      ]);
    }
  });

  it("an application route give an answer to a request", async () => {
    const printed = await followSteps("An application route");
    expect(passedTests(printed)).toEqual([expect.any(Number)]);
  });

  it("a Helm chart give a release in every environment", needs("kubectl or kustomize"), async () => {
    const printed = await followSteps("A Helm chart");
    expect(new Set(errorsOf(printed))).toEqual(new Set(["0"]));
    for (const environment of ["dev", "prod"]) {
      const release = rendered(
        `${environment}/infrastructure/helm-helmrelease-kube-system-cert-manager.yaml`,
      );
      expect(release.spec.chart.spec.chart).toBe("cert-manager");
    }
  });

  it("a microservice give its objects in every environment", needs("kubectl or kustomize"), async () => {
    const printed = await followSteps("A microservice");
    expect(new Set(errorsOf(printed))).toEqual(new Set(["0"]));
    for (const environment of ["dev", "prod"]) {
      const service = (kustomization: string, object: string) =>
        rendered(`${environment}/reports-${environment}-${kustomization}/${object}-reports.yaml`);
      expect(service("application", "apps-deployment-reports").spec.template.spec).toMatchObject({
        priorityClassName: "serving",
        serviceAccountName: "reports",
      });
      expect(service("monitoring", "monitoring-servicemonitor-monitoring").spec.namespaceSelector).toEqual({
        matchNames: ["reports"],
      });
    }
    // The defaults of the namespace are those of Notejam.
    for (const policy of ["default-deny", "dns", "metrics", "visitors"]) {
      const [own, notejams] = ["reports", "notejam"].map(
        (name) => rendered(`dev/${name}-dev-base/networking-networkpolicy-${name}-${policy}.yaml`).spec,
      );
      expect(own, policy).toEqual(notejams);
    }
    // The template itself is not applied.
    const pages = readdirSync(join(folder, "out/manifests"), { recursive: true, encoding: "utf8" });
    expect(pages.filter((page) => page.includes("new-service"))).toEqual([]);
  });
});

describe("steps that no longer fit the project", () => {
  const step = (block: string) => follow(`### A step\n\n1. Do it:\n\n   ${block}\n`, "A step", folder);

  it.each([
    ["a missing context", "```diff package.json\n    no such line\n   +a line\n   ```", /0 places/],
    ["a new file that exists", "```ts src/main.ts\n   export {};\n   ```", /src\/main\.ts exists already/],
    ["a command that fails", "```sh\n   npm run no-such-script\n   ```", /exit code 1/],
    ["no code block", "nothing", /no steps below "A step"/],
  ])("fail because of %s", async (_, block, message) => {
    await expect(step(block)).rejects.toThrow(message);
  });
});

describe("the document", () => {
  it("has steps for every addition", () => {
    expect(headingsOf(DOCUMENT)).toEqual([
      "A module",
      "An environment",
      "An alarm",
      "An application route",
      "A Helm chart",
      "A microservice",
      "A decision",
    ]);
  });

  it("names a file in each block but those of commands", () => {
    const blocks = headingsOf(DOCUMENT).flatMap((heading) => blocksBelow(DOCUMENT, heading));
    expect(blocks.filter(({ language, file }) => (language === "sh") === (file !== undefined))).toEqual([]);
  });
});
