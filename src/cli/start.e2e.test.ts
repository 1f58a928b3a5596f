import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findEmulator } from "@notejam/emulator/find-emulator";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { projectFolder, startCommand, temporaryFolder } from "../../test/fakes/local-tools.js";
import { reportSkipped } from "../../test/required-tools.js";
import { findTerraform } from "../terraform/find-terraform.js";

const missing = await Promise.all([findTerraform(), findEmulator()]).then(
  () => undefined,
  (error: Error) => error.message,
);
reportSkipped("local runs with real Terraform", missing);

const ROLES = 40;
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }],
});
const numbered = (count: number, of: (index: number) => object) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, of(index)]));

/** Stack with enough resources that an interruption hits the middle of an apply, and with a secret. */
const STACK = {
  terraform: {
    cloud: { organization: "example", workspaces: { name: "notejam-dev" } },
    required_providers: { aws: { source: "aws", version: "6.25.0" } },
  },
  provider: { aws: [{ region: "eu-west-1" }] },
  variable: { db_pass: { type: "string", sensitive: true, ephemeral: true } },
  data: { aws_route53_zone: { zone: { name: "example.com" } } },
  resource: {
    aws_iam_role: numbered(ROLES, (index) => ({ name: `role-${index}`, assume_role_policy: trust })),
    aws_secretsmanager_secret: { database: { name: "notejam/dev/database", recovery_window_in_days: 30 } },
    aws_secretsmanager_secret_version: {
      database: {
        secret_id: "${aws_secretsmanager_secret.database.id}",
        secret_string_wo: "${var.db_pass}",
        secret_string_wo_version: 1,
      },
    },
    aws_s3_bucket: { dumps: { bucket: "dumps", lifecycle: { prevent_destroy: true } } },
  },
};
const ALL = ROLES + 3;

function project() {
  const folder = projectFolder(temporaryFolder(), STACK);
  const state = join(folder, ".notejam");
  const start = (...args: string[]) => startCommand(folder, args, {});
  return { state, start };
}

const State = z.object({
  resources: z.array(z.object({ mode: z.string(), instances: z.array(z.unknown()) })),
});
function resourcesIn(state: string): number {
  const text = readFileSync(join(state, "account/notejam-dev.tfstate"), "utf8");
  return State.parse(JSON.parse(text)).resources.filter(({ mode }) => mode === "managed").length;
}

/** Waits until the apply has created some of the resources. */
async function inTheMiddle(state: string): Promise<void> {
  const log = join(state, "emulator.log");
  const made = () => (existsSync(log) ? readFileSync(log, "utf8").split('"POST / ').length : 0);
  await expect.poll(made, { timeout: 120_000, interval: 20 }).toBeGreaterThan(60);
}

describe.runIf(missing === undefined)("npm start with real Terraform on the emulated AWS", () => {
  it("exits 130 after Ctrl-C during an apply, and the next start completes", async () => {
    const { state, start } = project();
    const first = start("--once");
    await inTheMiddle(state);
    first.signal("SIGINT");
    const interrupted = await first.ended;
    expect(interrupted).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/kept in .*next npm start continues/),
    });
    expect(resourcesIn(state)).toBeLessThan(ALL);

    const second = await start("--once").ended;
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(resourcesIn(state)).toBe(ALL);
    const third = await start("--once", "--check").ended;
    expect(third.stdout).toContain("nothing to change");
  });

  it("completes at the next start after it was killed during an apply", async () => {
    const { state, start } = project();
    const first = start("--once");
    await inTheMiddle(state);
    first.signal("SIGKILL");
    await first.ended;

    const second = await start("--once").ended;
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(resourcesIn(state)).toBe(ALL);
  });

  it("writes no secret to disk, does not plan unchanged stacks again, and destroys without remains", async () => {
    const { state, start } = project();
    await start("--once").ended;
    const secrets: unknown = JSON.parse(readFileSync(join(state, "secrets.json"), "utf8"));
    const secret = Object.values(secrets ?? {}).join();
    const files = readdirSync(state, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "secrets.json")
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.filter((file) => readFileSync(file).includes(secret))).toEqual([]);

    const second = await start("--once").ended;
    expect(second.stdout).toContain("unchanged since it was applied");

    const destroyed = await start("--destroy").ended;
    expect(destroyed).toMatchObject({ code: 0, stderr: "" });
    const [, remains = ""] = destroyed.stdout.split("Still in the account when it was removed:\n");
    // Exists before the stack: the domain of the company.
    expect(remains.split("\n").filter((line) => line.startsWith("  "))).toEqual([
      expect.stringMatching(/route53 hosted zone/),
    ]);
    expect(existsSync(state)).toBe(false);
  });
});
