import { fluxInstanceValues, OPERATOR_VALUES } from "@notejam/constructs/flux/values";
import { beforeAll, describe, expect, it } from "vitest";
import { readTree } from "../src/kubernetes/flux-tree.js";
import { ChartValues } from "../src/manifests/chart-values.js";
import { UNMANAGED_FILES } from "../src/stacks/gitops.js";
import { repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Block, Synthesized } from "./synthesized-constructs.js";

const TREE = readTree("flux");
const PLATFORM = "${data.terraform_remote_state.platform.outputs.";

let stacks: ReadonlyMap<string, Synthesized>;
let dev: Synthesized;
let prod: Synthesized;
beforeAll(async () => {
  stacks = synthesizeApp(await repositoryConfiguration());
  dev = stackNamed(stacks, "notejam-dev-gitops");
  prod = stackNamed(stacks, "notejam-prod-gitops");
});

/** Files of an operations repository, by path, with their final contents. */
function filesIn(stack: Synthesized): Map<string, string> {
  return new Map(
    stack
      .resources("github_repository_file")
      .map(({ file, content }): [string, string] => [
        String(file),
        String(content).replaceAll("$${", "${").replaceAll("%%{", "%{"),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const dependencies = ({ depends_on: needs }: Block) => (Array.isArray(needs) ? needs.map(String) : []);

describe("the operations repository", () => {
  it("contains exactly the files of the tree, unchanged", () => {
    expect([...filesIn(prod)]).toEqual(TREE.map(({ path, content }) => [path, content]));
  });

  it("has the same contents in both environments", () => {
    expect([...filesIn(dev)]).toEqual([...filesIn(prod)]);
  });

  it("escapes Flux's variables, so that Terraform does not evaluate them", () => {
    for (const { file, content } of prod.resources("github_repository_file")) {
      expect(String(content).replaceAll(/\$\$\{|%%\{/g, ""), String(file)).not.toMatch(/\$\{|%\{/);
    }
  });

  it("gets one more file when a file is added to the tree", async () => {
    const more = [...TREE, { path: "microservices/second/deployment.yaml", content: "kind: Deployment\n" }];
    const stack = stackNamed(synthesizeApp(await repositoryConfiguration(), more), "notejam-prod-gitops");
    const before = prod.resources("github_repository_file").map(({ id }) => id);
    const after = stack.resources("github_repository_file").map(({ id }) => id);
    expect(after).toHaveLength(before.length + 1);
    expect(before.filter((id) => !after.includes(id))).toEqual([]);
  });

  it("contains no secrets, account ids, domains or environment names", async () => {
    const { environments } = await repositoryConfiguration();
    const own = environments.flatMap(({ region, hostedZone, hostName }) => [region, hostedZone, hostName]);
    for (const [file, content] of filesIn(prod)) {
      expect(content, file).not.toMatch(
        /-----BEGIN|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|xox[abp]-|hooks\.slack\.com\/services|arn:aws[a-z-]*:[^$]*\d{12}/,
      );
      expect(
        own.filter((word) => content.includes(word)),
        file,
      ).toEqual([]);
    }
  });

  it("ignores changes only of the file that the image automation writes", () => {
    const unmanaged = prod
      .resources("github_repository_file")
      .filter(({ lifecycle }) => JSON.stringify(lifecycle ?? {}).includes("content"));
    expect(unmanaged.map(({ file }) => file)).toEqual([...UNMANAGED_FILES]);
  });

  it("is private, has vulnerability alerts, and is archived on destroy in production", () => {
    expect(prod.one("github_repository")).toMatchObject({
      name: "operations-k8s-prod",
      visibility: "private",
      vulnerability_alerts: true,
      archive_on_destroy: true,
    });
    expect(dev.one("github_repository")).toMatchObject({
      name: "operations-k8s-dev",
      archive_on_destroy: false,
    });
  });

  it("protects main from deletion and force pushes, and requires pull requests for production", () => {
    for (const [stack, approvals] of [
      [dev, 1],
      [prod, 0],
    ] as const) {
      expect(stack.one("github_repository_ruleset")).toMatchObject({
        enforcement: "active",
        conditions: { ref_name: { include: ["refs/heads/main"] } },
        rules: {
          deletion: true,
          non_fast_forward: true,
          pull_request: { required_approving_review_count: approvals },
        },
      });
    }
    const actors = (stack: Synthesized) =>
      JSON.stringify(stack.one("github_repository_ruleset").bypass_actors).match(/DeployKey|RepositoryRole/g);
    expect(actors(dev)).toEqual(["RepositoryRole", "DeployKey"]);
    // The deploy key of production cannot push to main: a workflow of the tree merges its pull requests, which were
    // approved in the workflow `promote`.
    expect(actors(prod)).toEqual(["RepositoryRole"]);
  });
});

describe("the providers of a gitops stack", () => {
  it("get host and certificate from the platform's outputs, and an ephemeral token", () => {
    const cluster = {
      host: `${PLATFORM}cluster_endpoint}`,
      cluster_ca_certificate:
        "${base64decode(data.terraform_remote_state.platform.outputs.cluster_ca_certificate)}",
      token: expect.stringMatching(/^\$\{ephemeral\.aws_eks_cluster_auth\.[\w-]+\.token\}$/),
    };
    const { provider, ephemeral } = prod.json;
    expect(provider).toMatchObject({
      kubernetes: [cluster],
      helm: [{ kubernetes: cluster }],
      github: [{ owner: "${var.github_owner}", token: "${var.github_token}" }],
    });
    expect(Object.values(Object(ephemeral).aws_eks_cluster_auth)).toEqual([
      { name: `${PLATFORM}cluster_name}` },
    ]);
    expect(prod.data("aws_eks_cluster_auth")).toEqual([]);
  });

  it("store Helm releases in ConfigMaps, because the plan role cannot read Secrets", () => {
    expect(Object(prod.json.provider).helm[0].helm_driver).toBe("configmap");
    expect(prod.types().filter((type) => type.startsWith("kubernetes_secret"))).toEqual([]);
  });

  it("take the GitHub token from an ephemeral variable", () => {
    expect(Object(prod.json.variable).github_token).toMatchObject({ ephemeral: true, sensitive: true });
  });

  it("do not depend on resources of the same state", () => {
    expect(JSON.stringify(prod.json.provider)).not.toMatch(/\$\{(aws|github|kubernetes|helm)_/);
  });
});

describe("Flux", () => {
  const releases = () => ({
    operator: prod.one("helm_release", /flux-operator/),
    instance: prod.one("helm_release", /flux-instance/),
  });

  it("is installed by two charts of the same pinned version", () => {
    const { operator, instance } = releases();
    for (const release of [operator, instance]) {
      expect(release).toMatchObject({
        namespace: "flux-system",
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      });
    }
    expect(operator.version).toBe(instance.version);
  });

  it("is installed in order: operator, key, then the instance when tree, key and variables are complete", () => {
    const { operator, instance } = releases();
    const job = prod.one("kubernetes_job_v1");
    const key = prod.one("github_repository_deploy_key");
    const published = prod.data("kubernetes_config_map_v1");
    expect(dependencies(operator)).toEqual([expect.stringMatching(/^kubernetes_namespace_v1\./)]);
    expect(dependencies(job)).toEqual([`helm_release.${operator.id}`]);
    expect(published.flatMap(dependencies)).toEqual([`kubernetes_job_v1.${job.id}`]);
    expect(String(key.key)).toContain(`data.kubernetes_config_map_v1.${published[0]?.id}`);
    expect(dependencies(instance)).toEqual(
      expect.arrayContaining([
        `helm_release.${operator.id}`,
        `github_repository_deploy_key.${key.id}`,
        `kubernetes_config_map_v1.${prod.one("kubernetes_config_map_v1").id}`,
        ...prod.resources("github_repository_file").map(({ id }) => `github_repository_file.${id}`),
      ]),
    );
  });

  it("syncs clusters/services of the environment's repository", () => {
    const text = String(releases().instance.values);
    for (const setting of [
      '"name" = "prod-source"',
      '"path" = "clusters/services"',
      '"ref" = "refs/heads/main"',
      '"pullSecret" = "flux-system"',
    ]) {
      expect(text).toContain(setting);
    }
    expect(text).toMatch(
      /"url" = "ssh:\/\/git@github\.com\/\$\{var\.github_owner\}\/\$\{github_repository\.[\w-]+\.name\}\.git"/,
    );
  });

  it("creates its deploy key in the cluster: the stack does not contain or reference a private key", () => {
    expect(prod.types().filter((type) => type.startsWith("tls_"))).toEqual([]);
    expect(Object.keys(Object(prod.json.ephemeral))).toEqual(["aws_eks_cluster_auth"]);
    expect(prod.one("github_repository_deploy_key").read_only).toBe(false);
    const script = JSON.stringify(prod.one("kubernetes_job_v1").spec);
    expect(script).toContain("--ssh-key-algorithm=ed25519");
    expect(script).toContain("--ignore-not-found");
  });

  it("gets its variables from one ConfigMap, and reconciles when it changes", () => {
    expect(prod.one("kubernetes_config_map_v1").metadata).toEqual({
      name: "cluster-vars",
      namespace: "flux-system",
      labels: { "reconcile.fluxcd.io/watch": "Enabled" },
    });
  });

  it.runIf(process.env.CHART_VALUES)("sets only values that its charts define", () => {
    const charts = new ChartValues(process.env.CHART_VALUES ?? "");
    const instance = fluxInstanceValues({
      fluxVersion: "2.9.4",
      sourceName: "prod-source",
      url: "ssh://git@github.com/example/operations-k8s-prod.git",
      branch: "main",
      folder: "clusters/services",
      pullSecret: "flux-system",
      clusterVars: "cluster-vars",
    });
    expect(charts.unknownKeys("flux-operator", OPERATOR_VALUES)).toEqual([]);
    expect(charts.unknownKeys("flux-instance", instance)).toEqual([]);
  });
});

describe("the workflows' settings", () => {
  it("contain account, region, registry and role from the platform's outputs", () => {
    const values = Object.fromEntries(
      prod
        .resources("github_actions_environment_variable")
        .map(({ variable_name: name, value }) => [String(name), value]),
    );
    expect(values).toEqual({
      AWS_REGION: `${PLATFORM}region}`,
      AWS_ROLE_ARN: `${PLATFORM}github_actions_role_arn}`,
      REGISTRY: `${PLATFORM}repository_url}`,
    });
    expect(prod.one("github_actions_environment_secret")).toMatchObject({
      repository: "notejam",
      secret_name: "AWS_ACCOUNT_ID",
      plaintext_value: `${PLATFORM}account_id}`,
    });
  });

  it("contain each environment's registry for promotions", () => {
    expect(dev.one("github_actions_variable")).toMatchObject({ variable_name: "DEV_REGISTRY" });
    expect(prod.one("github_actions_variable")).toMatchObject({ variable_name: "PROD_REGISTRY" });
  });

  it("are limited to jobs of main, with unmanaged reviewers", () => {
    expect(prod.one("github_repository_environment")).toMatchObject({
      deployment_branch_policy: { custom_branch_policies: true, protected_branches: false },
      lifecycle: { ignore_changes: expect.not.arrayContaining(["deployment_branch_policy"]) },
    });
    expect(prod.resources("github_repository_environment_deployment_policy")).toMatchObject([
      { repository: "notejam", branch_pattern: "main" },
    ]);
    expect(prod.one("github_repository_environment")).not.toHaveProperty("reviewers");
  });

  it("belong to the GitHub environment that the push role trusts", () => {
    const platform = stackNamed(stacks, "notejam-prod");
    const { environment } = prod.one("github_repository_environment");
    expect(platform.one("aws_iam_role", /^github_/).assume_role_policy).toContain(
      `:environment:${environment}"`,
    );
  });
});
