import { resolve } from "node:path";
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { type Emulator, startEmulator } from "@notejam/emulator";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/*
 * Promotion checks against emulated ECR repositories. The command lists the images through the AWS SDK, as in a job.
 */

const TAG = "2026-11-22.main-01234567-17";
const BUILDS = "notejam-dev-ecr-registry";
const RELEASES = "notejam-prod-ecr-registry";

let emulator: Emulator;
let client: ECRClient;

beforeAll(async () => {
  emulator = await startEmulator();
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new ECRClient({ endpoint: emulator.endpoint, region: "eu-west-1", credentials });
  for (const repositoryName of [BUILDS, RELEASES])
    await client.send(new CreateRepositoryCommand({ repositoryName }));
  for (let run = 1; run <= 3; run += 1) await push(BUILDS, `2026-11-21.main-89abcdef-${run}`, `old ${run}`);
  await push(BUILDS, TAG, "application");
  await push(BUILDS, `${TAG}-tools`, "tools");
  await push(RELEASES, "v1.9.0", "older application");
});

afterAll(async () => {
  client?.destroy();
  await emulator?.stop();
});

/** Pushes an image to a repository. The emulator distinguishes images by their layers. */
async function push(repositoryName: string, imageTag: string, content: string): Promise<string> {
  const imageManifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", size: 1, digest: `sha256:${content}` }],
  });
  const { image } = await client.send(new PutImageCommand({ repositoryName, imageTag, imageManifest }));
  return image?.imageId?.imageDigest ?? "";
}

const url = (name: string, region = "eu-west-1") => `123456789012.dkr.ecr.${region}.amazonaws.com/${name}`;

async function promotionCheck(
  version: string,
  image: string,
  { from = url(BUILDS), ...env }: NodeJS.ProcessEnv = {},
) {
  const program = ["--import", "tsx", resolve("src/cli/index.ts"), "pipeline", "promotion-check"];
  const args = [...program, "--version", version, "--digest", image];
  const { exitCode, stdout, stderr } = await execa(process.execPath, args, {
    reject: false,
    extendEnv: false,
    env: {
      PATH: process.env.PATH,
      NODE_NO_WARNINGS: "1",
      ...emulator.environment,
      DEV_REGISTRY: from,
      PROD_REGISTRY: url(RELEASES),
      ...env,
    },
  });
  return { status: exitCode, stdout, stderr };
}

describe("a promotion in the emulated account", () => {
  it("is allowed for a build of main, found by its tag, and done once both images are there", async () => {
    const { status, stdout } = await promotionCheck("v1.10.0", TAG);
    expect(status).toBe(0);
    const [, digest = "", tools = ""] = /(sha256:\w+), with tools (sha256:\w+)\.$/.exec(stdout) ?? [];
    expect(digest).not.toBe(tools);
    expect((await promotionCheck("v1.10.0", digest)).stdout).toBe(stdout);
    expect(await push(RELEASES, "v1.10.0", "application")).toBe(digest);
    expect(await push(RELEASES, "v1.10.0-tools", "tools")).toBe(tools);
    expect((await promotionCheck("v1.10.0", TAG)).stdout).toBe(`v1.10.0 is already ${TAG}: nothing to copy.`);
  });

  it.each([
    ["v1.8.0", TAG, /v1\.8\.0 is not newer than v1\.10\.0/],
    ["v1.9.0", TAG, /v1\.9\.0 is already another image, sha256:/],
    ["v2.0.0", "2026-11-21.main-89abcdef-1", /no image 2026-11-21\.main-89abcdef-1-tools/],
    ["v2.0.0", `sha256:${"f".repeat(64)}`, /only its images can be released/],
  ])("is rejected with status 1: %s of %s", async (version, image, message) => {
    const { status, stderr } = await promotionCheck(version, image);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });

  it.each([
    [
      "a repository that is not there",
      { from: url("nothing") },
      /cannot be listed: RepositoryNotFoundException/,
    ],
    [
      "a network that is down",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
      /cannot be listed: .*ECONNREFUSED/,
    ],
    [
      "no credentials",
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      /cannot be listed: CredentialsProviderError/,
    ],
  ])("exits with 2 and one line for %s", async (_what, env, message) => {
    const { status, stdout, stderr } = await promotionCheck("v2.0.0", TAG, env);
    expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 2, stdout: "", lines: 1 });
    expect(stderr).toMatch(message);
  });
});
