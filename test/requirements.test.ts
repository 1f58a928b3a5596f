import { beforeAll, describe, expect, it } from "vitest";
import { checkCapacity } from "../src/capacity/capacity-check.js";
import { capacityInputs } from "../src/capacity/capacity-inputs.js";
import type { Environment } from "../src/config/environment.js";
import { namesOf } from "../src/config/names.js";
import { readTree } from "../src/kubernetes/flux-tree.js";
import { at, listAt, type Manifest, numberAt, textAt } from "../src/kubernetes/objects.js";
import { podTemplates } from "../src/kubernetes/pods.js";
import { requestsOf } from "../src/kubernetes/quantity.js";
import type { CheckedEnvironment } from "../src/manifests/check-environment.js";
import { renderedEnvironments } from "./rendered-environments.js";
import { needs } from "./required-tools.js";
import { environmentNamed, repositoryConfiguration, stackNamed, synthesizeApp } from "./synthesized-app.js";
import type { Synthesized } from "./synthesized-constructs.js";
import { statementsOf } from "./synthesized-constructs.js";

/*
 * The business requirements, each with its own words as title, tested on synthesized stacks and rendered manifests
 * together. Other tests measure load, retention over time, and zone failures.
 */

const THREE_YEARS_IN_DAYS = 3 * 365;

let stacks: ReadonlyMap<string, Synthesized>;
let rendered: CheckedEnvironment[];
let prod: Environment;
/** All environments, including standbys. */
let instances: string[];

beforeAll(async () => {
  const configuration = await repositoryConfiguration();
  instances = configuration.environments.map((environment) => namesOf(environment).environmentId);
  stacks = synthesizeApp(configuration);
  rendered = await renderedEnvironments();
  prod = await environmentNamed("prod");
});

const platform = () => stackNamed(stacks, "notejam-prod");

function objectsOf(environmentId: string): readonly Manifest[] {
  const found = rendered.find((environment) => environment.environmentId === environmentId);
  if (!found) throw new Error(`no environment ${environmentId}`);
  return found.objects;
}

/** Returns the only object of a kind and name. */
function one(kind: string, name: string, environmentId = "prod"): Manifest {
  const [found, ...others] = objectsOf(environmentId).filter(
    (object) => object.kind === kind && object.name === name,
  );
  if (!found || others.length > 0) throw new Error(`expected one ${kind} ${name} in ${environmentId}`);
  return found;
}

const deployment = () => one("Deployment", "notejam");
const container = () => listAt(deployment().body, "spec", "template", "spec", "containers")[0];
const group = (name: string) => platform().one("aws_eks_node_group", new RegExp(`^nodes-${name}_`));

describe("the Flux tree", needs("kubectl or kustomize"), () => {
  it("has no errors in any environment", () => {
    expect(
      rendered.flatMap(({ environmentId, diagnostics }) =>
        diagnostics.map((diagnostic) => ({ environmentId, ...diagnostic })),
      ),
    ).toEqual([]);
    expect(rendered.map(({ environmentId }) => environmentId)).toEqual(instances);
    for (const { objects } of rendered) expect(objects.length).toBeGreaterThan(60);
  });
});

describe("1. variable traffic: four times the usual at big events", needs("kubectl or kustomize"), () => {
  it("scales out to four times the usual pods, doubling every 15 seconds", () => {
    const { body } = one("HorizontalPodAutoscaler", "notejam");
    const least = numberAt(body, "spec", "minReplicas") ?? 0;
    expect(numberAt(body, "spec", "maxReplicas")).toBeGreaterThanOrEqual(4 * least);
    expect(listAt(body, "spec", "behavior", "scaleUp", "policies")).toContainEqual({
      type: "Percent",
      value: 100,
      periodSeconds: 15,
    });
    expect(numberAt(body, "spec", "behavior", "scaleUp", "stabilizationWindowSeconds")).toBe(0);
  });

  it("has enough nodes: the node group's maximum size fits the requests of all pods", () => {
    const most = numberAt(one("HorizontalPodAutoscaler", "notejam").body, "spec", "maxReplicas") ?? 0;
    const request = requestsOf(container()).millicores / 1000;
    const nodes = numberAt(group("apps"), "scaling_config", "max_size") ?? 0;
    // Two CPUs per node (t3.large), a quarter of them reserved for the system and DaemonSets.
    expect(group("apps").instance_types).toEqual(["t3.large"]);
    expect(nodes * 2 * 0.75).toBeGreaterThanOrEqual(most * request);
  });

  it("serves four times the configured load, by the measured capacity of a pod", () => {
    expect(prod.load.eventFactor).toBeGreaterThanOrEqual(4);
    expect(checkCapacity(prod, capacityInputs(readTree("flux")))).toEqual([]);
  });

  it("starts the pods of an announced event before visitors come: a CronJob sets minReplicas, which Flux ignores", () => {
    const [minimumReplicas] = podTemplates({ objects: objectsOf("prod") }).filter(
      ({ owner }) => owner.name === "notejam-minimum-replicas",
    );
    const [job] = listAt(minimumReplicas?.spec, "containers");
    expect(listAt(job, "env")).toContainEqual({ name: "MINIMUM_REPLICAS", value: "usual=5,none" });
    expect(listAt(one("Kustomization", "notejam-prod-application").body, "spec", "ignore")).toEqual([
      {
        paths: ["/spec/minReplicas"],
        target: { kind: "HorizontalPodAutoscaler", name: "notejam", namespace: "notejam" },
      },
    ]);
  });

  it("has a database reader and adds readers under load", () => {
    expect(platform().one("aws_appautoscaling_target")).toMatchObject({
      scalable_dimension: "rds:cluster:ReadReplicaCount",
      max_capacity: prod.database.readers.max,
    });
  });

  it("adds nodes for pending pods: the autoscaler discovers the cluster's node groups", () => {
    const { body } = one("HelmRelease", "cluster-autoscaler");
    expect(textAt(body, "spec", "values", "autoDiscovery", "clusterName")).toBe("notejam-prod");
  });
});

describe("2. notes are kept up to three years, and are recoverable", needs("kubectl or kustomize"), () => {
  const backup = () => one("CronJob", "notejam-backup").body;

  it("dumps the database every four hours, one dump at a time", () => {
    expect(textAt(backup(), "spec", "schedule")).toBe("0 */4 * * *");
    expect(textAt(backup(), "spec", "concurrencyPolicy")).toBe("Forbid");
  });

  it("keeps every dump for three years, in a bucket with Object Lock and a replica in another region", () => {
    const lock = platform().one("aws_s3_bucket_object_lock_configuration", /^backup-storage_bucket_/);
    expect(numberAt(lock, "rule", "default_retention", "days")).toBeGreaterThanOrEqual(THREE_YEARS_IN_DAYS);
    expect(platform().count("aws_s3_bucket_replication_configuration")).toBeGreaterThanOrEqual(1);
  });

  it("dumps into that bucket with an identity that can write but not delete", () => {
    const environment = podTemplates({ objects: objectsOf("prod") })
      .filter(({ owner }) => owner.name === "notejam-backup")
      .flatMap(({ spec }) => listAt(spec, "containers"))
      .flatMap((found) => listAt(found, "env"));
    expect(environment).toContainEqual({
      name: "BACKUP_BUCKET",
      value: expect.stringContaining("-backup-"),
    });
    const rights = statementsOf(platform().one("aws_iam_role_policy", /notejam-notejam-backup_/).policy);
    const actions = rights.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action ?? []);
    expect(actions).toContain("s3:PutObject");
    expect(actions.filter((action) => /Delete|\*/.test(action.replace("kms:GenerateDataKey*", "")))).toEqual(
      [],
    );
  });

  it("tests a restore every week", () => {
    const { body } = one("CronJob", "notejam-restore-test");
    expect(textAt(body, "spec", "schedule")).toMatch(/^\d+ \d+ \* \* (\d|[A-Z]{3})$/i);
  });

  it("has point-in-time recovery for 35 days", () => {
    expect(platform().one("aws_rds_cluster")).toMatchObject({
      backup_retention_period: 35,
      deletion_protection: true,
    });
  });
});

describe("3. service goes on when a data centre fails", needs("kubectl or kustomize"), () => {
  it("has nodes, database instances, load balancer and NAT in every zone", () => {
    expect(platform().count("aws_nat_gateway")).toBe(3);
    expect(listAt(group("apps"), "subnet_ids")).toHaveLength(3);
    expect(listAt(platform().one("aws_lb"), "subnets")).toHaveLength(3);
    expect(platform().count("aws_rds_cluster_instance")).toBeGreaterThanOrEqual(2);
  });

  it("spreads the application's pods evenly over zones, and keeps at least two during node drains", () => {
    const spread = listAt(deployment().body, "spec", "template", "spec", "topologySpreadConstraints");
    expect(spread).toContainEqual(
      expect.objectContaining({
        topologyKey: "topology.kubernetes.io/zone",
        maxSkew: 1,
        whenUnsatisfiable: "DoNotSchedule",
      }),
    );
    const least = numberAt(one("HorizontalPodAutoscaler", "notejam").body, "spec", "minReplicas") ?? 0;
    expect(least).toBeGreaterThanOrEqual(3);
    expect(at(one("PodDisruptionBudget", "notejam").body, "spec", "maxUnavailable")).toBe(1);
  });

  it("keeps sending alerts: two replicas of Alertmanager and Prometheus", () => {
    const { body } = one("HelmRelease", "kube-prometheus-stack");
    expect(
      numberAt(body, "spec", "values", "alertmanager", "alertmanagerSpec", "replicas"),
    ).toBeGreaterThanOrEqual(2);
    expect(
      numberAt(body, "spec", "values", "prometheus", "prometheusSpec", "replicas"),
    ).toBeGreaterThanOrEqual(2);
  });
});

describe(
  "4. it can be moved to any region of the provider in an emergency",
  needs("kubectl or kustomize"),
  () => {
    it("has manifests without region, account or domain, which come from the platform", () => {
      const names = Object.keys(
        Object(stackNamed(stacks, "notejam-prod-gitops").one("kubernetes_config_map_v1").data),
      );
      expect(names).toEqual(
        expect.arrayContaining(["AWS_REGION", "CLUSTER_NAME", "HOST_NAME", "REPOSITORY_URL"]),
      );
    });

    it("replicates dumps, images and secrets to another region", () => {
      const elsewhere = prod.drRegion;
      expect(elsewhere).not.toBe(prod.region);
      expect(JSON.stringify(platform().one("aws_secretsmanager_secret", /^rds_/).replica)).toContain(
        elsewhere,
      );
      expect(JSON.stringify(Object(platform().json.provider).aws)).toContain(elsewhere);
      const bootstrap = stackNamed(stacks, "notejam-bootstrap");
      expect(JSON.stringify(bootstrap.resources("aws_ecr_replication_configuration"))).toContain(elsewhere);
    });
  },
);

describe("5. several deployments a day, no downtime", needs("kubectl or kustomize"), () => {
  it("removes a pod only after its replacement is ready", () => {
    expect(at(deployment().body, "spec", "strategy", "rollingUpdate", "maxUnavailable")).toBe(0);
    expect(at(container(), "readinessProbe", "httpGet", "path")).toBe("/readyz");
    expect(one("Namespace", "notejam").labels["elbv2.k8s.aws/pod-readiness-gate-inject"]).toBe("enabled");
  });

  it("stops a pod only after the load balancer stops sending requests to it", () => {
    const attributes = textAt(
      one("Ingress", "notejam").body,
      "metadata",
      "annotations",
      "alb.ingress.kubernetes.io/target-group-attributes",
    );
    const delay = Number(/deregistration_delay\.timeout_seconds=(\d+)/.exec(attributes ?? "")?.[1]);
    const pause = numberAt(container(), "lifecycle", "preStop", "sleep", "seconds") ?? 0;
    const grace =
      numberAt(deployment().body, "spec", "template", "spec", "terminationGracePeriodSeconds") ?? 0;
    expect(pause).toBeGreaterThanOrEqual(delay);
    // The application completes its last requests within 30 s.
    expect(grace).toBeGreaterThanOrEqual(pause + 30);
  });

  it("migrates the database before the new version starts", () => {
    const { body } = one("Kustomization", "notejam-prod-application");
    expect(listAt(body, "spec", "dependsOn")).toContainEqual({ name: "notejam-prod-migration" });
    expect(at(one("Kustomization", "notejam-prod-migration").body, "spec", "wait")).toBe(true);
  });

  it("deploys every build of main to dev, and approved releases to prod", () => {
    const branch = (environmentId: string) =>
      textAt(one("ImageUpdateAutomation", "notejam", environmentId).body, "spec", "git", "push", "branch");
    expect(branch("dev")).toBe("main");
    expect(branch("prod")).not.toBe("main");
    const pattern = (environmentId: string) =>
      textAt(one("ImagePolicy", "notejam", environmentId).body, "spec", "filterTags", "pattern") ?? "";
    const matches = (environmentId: string, tag: string) =>
      new RegExp(pattern(environmentId).replaceAll("(?P<", "(?<")).test(tag);
    expect(matches("dev", "2026-11-01.main-0123abcd-42")).toBe(true);
    expect(matches("dev", "v1.2.3")).toBe(false);
    expect(matches("prod", "v1.2.3")).toBe(true);
    expect(matches("prod", "2026-11-01.main-0123abcd-42")).toBe(false);
  });
});

describe(
  "6. separate environments for development, testing and production",
  needs("kubectl or kustomize"),
  () => {
    it("run the same Kubernetes objects", () => {
      const names = (environmentId: string) =>
        objectsOf(environmentId)
          .map(({ kind, namespace = "", name }) =>
            `${kind} ${namespace}/${name}`.replace(`/notejam-${environmentId}`, "/notejam-ENVIRONMENT"),
          )
          .sort();
      for (const environmentId of instances)
        expect(names(environmentId), environmentId).toEqual(names("prod"));
    });

    it("share no cluster, database, bucket, repository, host name or secret", () => {
      const others = objectsOf("dev").filter(({ text }) =>
        /notejam-prod|notejam\/prod|operations-k8s-prod/.test(text),
      );
      expect(others.map(({ kind, name }) => `${kind} ${name}`)).toEqual([]);
      const development = stackNamed(stacks, "notejam-dev");
      expect(JSON.stringify(development.json)).not.toMatch(/notejam-prod/);
    });

    it("share a DNS zone, but change only their own records", () => {
      const owner = (environmentId: string) =>
        textAt(one("HelmRelease", "external-dns", environmentId).body, "spec", "values", "txtOwnerId");
      expect(owner("dev")).toBeTruthy();
      expect(owner("dev")).not.toBe(owner("prod"));
    });
  },
);

describe("7. metrics and logs of the infrastructure are collected", needs("kubectl or kustomize"), () => {
  it("collects the application's own metrics", () => {
    const watched = objectsOf("prod")
      .filter(({ kind }) => kind === "ServiceMonitor" || kind === "PodMonitor")
      .flatMap(({ namespace, body }) => {
        const named = listAt(body, "spec", "namespaceSelector", "matchNames");
        return named.length > 0 ? named : [namespace];
      });
    expect(watched).toContain("notejam");
  });

  it("keeps the logs of pods in CloudWatch and in a bucket for the configured time", () => {
    const addons = platform()
      .resources("aws_eks_addon")
      .map(({ addon_name: name }) => name);
    expect(addons).toContain("amazon-cloudwatch-observability");
    const loki = JSON.stringify(one("HelmRelease", "loki").body);
    expect(loki).toContain(`notejam-prod-${prod.region}-loki-`);
    expect(loki).toContain(`${prod.logRetentionDays}d`);
  });

  it("keeps the logs of control plane, network, database, WAF, load balancer and AWS API calls", () => {
    expect(platform().one("aws_eks_cluster").enabled_cluster_log_types).toHaveLength(5);
    expect(platform().count("aws_flow_log")).toBe(1);
    expect(platform().one("aws_rds_cluster").enabled_cloudwatch_logs_exports).toContain("postgresql");
    expect(platform().count("aws_wafv2_web_acl_logging_configuration")).toBe(1);
    expect(platform().one("aws_lb")).toMatchObject({ access_logs: { enabled: true } });
    expect(stackNamed(stacks, "notejam-bootstrap").count("aws_cloudtrail")).toBe(1);
  });

  it("notifies the team: every alert has a runbook, and critical ones page", () => {
    const rules = objectsOf("prod")
      .filter(({ kind }) => kind === "PrometheusRule")
      .flatMap(({ body }) => listAt(body, "spec", "groups"))
      .flatMap((found) => listAt(found, "rules"))
      .filter((rule) => textAt(rule, "alert") !== undefined);
    expect(rules.length).toBeGreaterThan(10);
    for (const rule of rules) {
      expect(textAt(rule, "annotations", "runbook_url"), textAt(rule, "alert")).toMatch(
        /^https:\/\/.+\/docs\/runbook\/alarms\/[a-z]+\.md#/,
      );
    }
    const { body } = one("HelmRelease", "kube-prometheus-stack");
    const routes = JSON.stringify(at(body, "spec", "values", "alertmanager", "config", "route"));
    expect(routes).toContain('{"matchers":["severity = critical"],"receiver":"page"');
  });

  it("shows dashboards from files", () => {
    const dashboards = objectsOf("prod")
      .filter(({ labels }) => labels.grafana_dashboard !== undefined)
      .flatMap(({ body }) => Object.keys(Object(at(body, "data"))));
    expect(dashboards).toEqual(
      expect.arrayContaining(["cluster.json", "database.json", "flux.json", "notejam.json"]),
    );
  });
});
