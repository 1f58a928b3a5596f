import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { copyDevAndProd } from "../../test/environments-folder.js";
import { runNotejam } from "../../test/run-notejam.js";
import { environmentNamed, repositoryConfiguration } from "../../test/synthesized-app.js";
import { checkCapacity } from "../capacity/capacity-check.js";
import { capacityInputs } from "../capacity/capacity-inputs.js";
import { type Capacity, type CapacityInputs, capacityOf } from "../capacity/model.js";
import type { Environment } from "../config/environment.js";
import { namesOf } from "../config/names.js";
import { readTree } from "../kubernetes/flux-tree.js";

const TREE = readTree("flux");

/** Inputs with which a pod serves 100 requests/s at half of its 250m, the target of the autoscaler. */
const INPUTS: CapacityInputs = {
  shape: {
    pod: { millicores: 250, mebibytes: 256 },
    utilization: 0.5,
    surge: 0.25,
    connections: 10,
    quota: { pods: 100, millicores: 100_000 },
  },
  measurement: {
    when: "2026-11-22",
    where: "nowhere",
    command: "nothing",
    mix: "anything",
    applicationMilliseconds: 1.25,
    databaseMilliseconds: 0.5,
  },
};

let prod: Environment;

beforeAll(async () => {
  prod = await environmentNamed("prod");
});

interface Change {
  readonly load?: Environment["load"];
  readonly replicas?: Environment["application"]["replicas"];
  readonly apps?: Partial<Environment["nodeGroups"]["apps"]>;
  readonly instanceClass?: string;
  readonly vpcCidr?: string;
  readonly events?: Environment["events"];
}

function changed({ load, replicas, apps, instanceClass, vpcCidr, events }: Change): Environment {
  return {
    ...prod,
    load: load ?? { usualRequestsPerSecond: 400, eventFactor: 4 },
    application: { ...prod.application, replicas: replicas ?? { min: 5, max: 20 } },
    nodeGroups: { ...prod.nodeGroups, apps: { ...prod.nodeGroups.apps, ...apps } },
    database: { ...prod.database, instanceClass: instanceClass ?? "db.r6g.large" },
    vpcCidr: vpcCidr ?? prod.vpcCidr,
    events: events ?? [],
  };
}

const capacity = (change: Change): Capacity => capacityOf(changed(change), INPUTS);
const told = (change: Change) =>
  checkCapacity(changed(change), INPUTS).map(
    ({ where, allowed, hint }) => `${where.subject}: ${allowed} ${hint}`,
  );

describe("the capacity model", () => {
  it("computes the pods of the autoscaler for a load, at least the minimum replicas", () => {
    expect(capacity({ load: { usualRequestsPerSecond: 301, eventFactor: 4 } })).toMatchObject({
      requestsPerPod: 100,
      usual: { requestsPerSecond: 301, pods: 5 },
      peak: { requestsPerSecond: 1204, pods: 13 },
    });
  });

  it("adds no pod for a rounding error of binary fractions", () => {
    // Half of 50m, divided by the time of a request, is slightly less than half of the rate.
    const rate = 54.49101796407186;
    const measurement = { ...INPUTS.measurement, applicationMilliseconds: 50 / rate };
    const shape = { ...INPUTS.shape, pod: { ...INPUTS.shape.pod, millicores: 50 } };
    const environment = changed({
      load: { usualRequestsPerSecond: rate, eventFactor: 4 },
      replicas: { min: 2, max: 8 },
    });
    expect(capacityOf(environment, { shape, measurement })).toMatchObject({
      usual: { pods: 2 },
      peak: { pods: 8 },
    });
  });

  it("adds no pod for the rounding error of 25 pods times an event factor of 2.2", () => {
    const event = {
      name: "sale",
      start: "2027-03-20T08:00",
      end: "2027-03-20T22:00",
      timeZone: "UTC",
      nodes: 30,
    };
    const load = { usualRequestsPerSecond: 1, eventFactor: 2.2 };
    expect(capacity({ load, replicas: { min: 25, max: 100 }, events: [event] }).events).toMatchObject([
      { pods: 55 },
    ]);
  });

  it("computes the nodes for the pods and the surge of a rollout, equal in all zones", () => {
    // 16 pods and a surge of 4: 7 in a zone, 5 on a t3.large, so two nodes in each zone.
    expect(capacity({})).toMatchObject({ podsPerNode: 5, peak: { pods: 16, nodes: 6 } });
    expect(capacity({ apps: { instanceTypes: ["m7i.2xlarge"] } }).podsPerNode).toBe(29);
  });

  it("computes with the smallest of several instance types", () => {
    expect(capacity({ apps: { instanceTypes: ["t3.xlarge", "t3.large"] } }).podsPerNode).toBe(5);
  });

  it("computes the connections of old and new pods during a rollout", () => {
    expect(capacity({}).peak.connections).toBe((16 + 16 + 4) * 10);
  });

  it("computes the load of the database, and of the pods after the loss of a zone", () => {
    expect(capacity({}).peak.databaseCpus).toBeCloseTo(0.8);
    // 16 pods at half of their request, six of them lost.
    expect(capacity({}).peak.utilizationWithoutZone).toBeCloseTo(0.8);
  });
});

describe("checkCapacity", () => {
  it("accepts an environment with capacity for its configured load", () => {
    expect(told({})).toEqual([]);
  });

  it.each<readonly [string, Change, RegExp]>([
    ["pods", { replicas: { min: 3, max: 15 } }, /^application\.replicas\.max: at least 16 pods.*write 16/],
    [
      "the namespace's quota",
      { replicas: { min: 5, max: 73 }, instanceClass: "db.r6g.2xlarge" },
      /^application\.replicas\.max: at most 72 pods: .*resourcequota\.yaml/,
    ],
    ["nodes", { apps: { max: 5 } }, /^nodeGroups\.apps\.max: at least 6 nodes.*write 6/],
    [
      "memory",
      { apps: { instanceTypes: ["t3.small"] } },
      /^nodeGroups\.apps\.instanceTypes: types with room for/,
    ],
    [
      "an unknown instance type",
      { apps: { instanceTypes: ["t3.large", "x2iedn.large"] } },
      /^nodeGroups\.apps\.instanceTypes\[1\]: a type of the families/,
    ],
    [
      "connections",
      { instanceClass: "db.t3.medium" },
      /^database\.instanceClass: a class for 450 connections/,
    ],
    [
      "the database's processors",
      { load: { usualRequestsPerSecond: 400, eventFactor: 8 }, replicas: { min: 5, max: 40 } },
      /^database\.instanceClass: .*1\.6 vCPUs of the writer, the limit is 1\.4/,
    ],
    [
      "addresses",
      { vpcCidr: "10.9.0.0/20", apps: { max: 60 } },
      /^vpcCidr: private subnets with \d+ usable addresses/,
    ],
    [
      "nodes of an event",
      {
        events: [
          {
            name: "sale",
            start: "2027-03-20T08:00",
            end: "2027-03-20T22:00",
            timeZone: "Europe/Dublin",
            nodes: 4,
          },
        ],
      },
      /^events\[0\]\.nodes: at least 6 nodes for the 20 pods/,
    ],
  ])(
    "gets an error with field, allowed values and hint for too few or too many: %s",
    (_of, change, words) => {
      expect(told(change)).toEqual([expect.stringMatching(words)]);
    },
  );

  it("makes synth fail before it writes anything", async () => {
    // Inside the repository, so that its environments resolve their imports.
    await mkdir("out", { recursive: true });
    const folder = await mkdtemp(join("out", "capacity-"));
    try {
      await copyDevAndProd(folder, (text) =>
        text.replace("usualRequestsPerSecond: 400", "usualRequestsPerSecond: 90000"),
      );
      const { exitCode, stderr } = await execa(process.execPath, ["--import", "tsx", "src/main.ts"], {
        reject: false,
        env: { NOTEJAM_ENVIRONMENTS: folder, CDKTF_OUTDIR: join(folder, "cdktf.out") },
      });
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(
        /prod\.ts\n {2}application\.replicas\.max: 20 is not allowed \[capacity\]\n {4}allowed: at least \d+ pods/,
      );
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(await readdir(folder)).not.toContain("cdktf.out");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("capacityInputs", () => {
  it("reads the manifests and the measurement of the repository", () => {
    const { shape, measurement } = capacityInputs(TREE);
    expect(shape).toEqual({
      pod: { millicores: 250, mebibytes: 256 },
      utilization: 0.5,
      surge: 0.25,
      connections: 10,
      quota: { pods: 300, millicores: 100_000 },
    });
    // One pod serves at least one request at a time.
    expect(measurement.applicationMilliseconds).toBeLessThan(shape.pod.millicores * shape.utilization);
  });

  it("throws an error with the name of a missing value", () => {
    const tree = TREE.map((file) => ({ ...file, content: file.content.replace("DATABASE_POOL", "POOL") }));
    expect(() => capacityInputs(tree)).toThrow(/notejam has no variable DATABASE_POOL/);
  });
});

describe("the capacity command", () => {
  const allInstances = async () =>
    (await repositoryConfiguration()).environments.map((environment) => ({
      environmentId: namesOf(environment).environmentId,
      region: environment.region,
    }));
  const run = (...args: string[]) => runNotejam(["capacity", ...args]);

  it("prints a table for each environment, and exits with 0 if all have capacity", async () => {
    const { status, stdout, stderr } = await run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const { environmentId, region } of await allInstances())
      expect(stdout).toContain(`${environmentId} (${region}) has capacity for its configured load`);
    expect(stdout).toMatch(/│ pods +│ +5 │ +\d+ │ 20 \(application\.replicas\.max\) +│/);
    expect(stdout).toMatch(/Measured on \d{4}-\d\d-\d\d by npm run bench:pod -w app/);
  });

  it("computes another load as JSON, and exits with 1 when it does not fit", async () => {
    const { status, stdout, stderr } = await run("--env", "prod", "--requests-per-second", "50000", "--json");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "1 of 1 environment without enough capacity." });
    expect(JSON.parse(stdout)).toMatchObject([
      { environment: "prod", fits: false, peak: { requestsPerSecond: 200_000 } },
    ]);
  });

  it("exits with 2 and one line for an environment that does not exist", async () => {
    const { status, stderr } = await run("--env", "prd");
    const known = (await allInstances()).map(({ environmentId }) => environmentId);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `There is no environment "prd". Choose from: ${known.join(", ")}.`,
    });
  });

  it.each([
    ["--requests-per-second", "many", /It must be a number above 0\.$/],
    ["--measured", "nowhere.json", /^The capacity cannot be computed from flux and nowhere\.json: ENOENT.*$/],
    [
      "--measured",
      "README.md",
      /^The capacity cannot be computed from flux and README\.md: .*is not valid JSON$/,
    ],
    ["--tree", "nowhere", /^The capacity cannot be computed from nowhere: ENOENT.*$/],
  ])("exits with 2 and one line for %s %s", async (option, value, words) => {
    const { status, stderr } = await run(option, value);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(words) });
  });
});
