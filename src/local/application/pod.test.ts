import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Manifest, parseManifests } from "../../kubernetes/objects.js";
import { localPod, type Surroundings } from "./local-pod.js";
import { podThatRuns } from "./pod.js";

const FOLDER = "flux/microservices/notejam";
const FILES = [
  "application/deployment.yaml",
  "migration/job.yaml",
  "jobs/cronjob-backup.yaml",
  "jobs/cronjob-restore-test.yaml",
  "base/secretproviderclass-notejam.yaml",
  "base/secretproviderclass-notejam-migrate.yaml",
];

/** The tree's own objects; `change` is made to their text. */
function objects(change = (text: string) => text): Manifest[] {
  return FILES.flatMap((file) => parseManifests(change(readFileSync(`${FOLDER}/${file}`, "utf8")), "test"));
}

/** Names and values that the text of a manifest states, read without the program under test. */
function declaredIn(file: string): [string, string][] {
  const entries = readFileSync(`${FOLDER}/${file}`, "utf8").matchAll(
    /- name: ([A-Z_]+)\n\s+value: "?(.*?)"?\n/g,
  );
  return [...entries].map(([, name = "", value = ""]) => [name, value]);
}

const HERE: Surroundings = {
  awsEndpoint: "http://127.0.0.1:5000",
  databasePort: 15_432,
  port: 3000,
  metricsPort: 9090,
  temporaryFolder: "/state/tmp",
  secretsFolder: "/state/secrets",
  postgresTools: undefined,
};
const IMAGE = { HOST: "0.0.0.0", NODE_ENV: "production", TRUST_PROXY: "9" };

describe("a program's environment on this machine", () => {
  it.each([
    ["serve", "application/deployment.yaml", ["BASE_URL", "DATABASE_TLS", "SECRETS_DIR"]],
    ["migrate", "migration/job.yaml", ["DATABASE_TLS", "SECRETS_DIR"]],
    ["backup", "jobs/cronjob-backup.yaml", ["DATABASE_TLS", "SECRETS_DIR"]],
    ["restore-test", "jobs/cronjob-restore-test.yaml", ["DATABASE_TLS", "SECRETS_DIR"]],
  ])("for `notejam %s` is that of %s, but for what is listed", (command, file, different) => {
    const pod = podThatRuns(objects(), command);
    const { env, args, differences } = localPod(pod, {}, {}, HERE);
    const declared = declaredIn(file);
    expect(declared.length).toBeGreaterThan(1);
    expect(args).toEqual([command]);
    expect(declared.filter(([name, value]) => env[name] !== value).map(([name]) => name)).toEqual(different);

    const added = differences.filter(({ inCluster }) => inCluster === undefined).map(({ name }) => name);
    expect(added.every((name) => name.startsWith("AWS_"))).toBe(true);
    expect(Object.keys(env).sort()).toEqual([...declared.map(([name]) => name), ...added].sort());
    const listed = differences.filter(({ inCluster }) => inCluster !== undefined).map(({ name }) => name);
    expect(listed.sort()).toEqual(different);
  });

  it("is the image's environment, overridden by the manifest", () => {
    const { env, differences } = localPod(podThatRuns(objects(), "serve"), IMAGE, {}, HERE);
    expect(env).toMatchObject({ NODE_ENV: "production", TRUST_PROXY: "1", HOST: "127.0.0.1" });
    expect(differences.find(({ name }) => name === "HOST")).toMatchObject({ inCluster: "0.0.0.0" });
  });

  it("has the pod's ports, or lists the difference", () => {
    const pod = podThatRuns(objects(), "serve");
    const { env, differences } = localPod(pod, {}, {}, { ...HERE, port: 3001 });
    expect(env).toMatchObject({ PORT: "3001", METRICS_PORT: "9090", BASE_URL: "http://127.0.0.1:3001" });
    expect(differences.map(({ name }) => name)).toContain("PORT");
    expect(differences.map(({ name }) => name)).not.toContain("METRICS_PORT");
  });

  it("has the mounted files, with a replaced and listed database address", () => {
    const mounted = { POSTGRES_PASS: "secret", POSTGRES_URL: "writer.example.com" };
    const { files, differences } = localPod(podThatRuns(objects(), "serve"), {}, mounted, HERE);
    expect(files).toEqual({ POSTGRES_PASS: "secret", POSTGRES_URL: "127.0.0.1:15432" });
    expect(differences.find(({ name }) => name === "POSTGRES_URL")).toMatchObject({
      inCluster: "writer.example.com",
      here: "127.0.0.1:15432",
    });
    expect(JSON.stringify(differences)).not.toContain('secret"');
  });

  it("is an error if a value is known only in a cluster", () => {
    const fromField = objects((text) =>
      text.replace(
        /- name: APP_TIMEZONE\n\s+value: .*\n/,
        "- name: APP_TIMEZONE\n              valueFrom: {}\n",
      ),
    );
    expect(() => podThatRuns(fromField, "serve")).toThrow(
      /Deployment notejam has env APP_TIMEZONE without a value/,
    );
    expect(() => podThatRuns(objects(), "print")).toThrow(/Nothing in the Flux tree runs `notejam print`/);
  });
});
