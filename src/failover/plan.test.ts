import { describe, expect, it } from "vitest";
import { environmentNamed } from "../../test/synthesized-app.js";
import { createStandby } from "../config/environment.js";
import { validateEnvironment } from "../config/validate.js";
import { failoverOf } from "./failover.js";
import { failoverSteps } from "./plan.js";
import { TargetRegion } from "./target-region.js";

async function commands(): Promise<string[]> {
  const prod = await environmentNamed("prod");
  const options = { drRegion: "eu-west-3", vpcCidr: "10.30.0.0/16" };
  const now = new Date("2026-11-01");
  const standby = validateEnvironment(createStandby(prod, "eu-central-1", options), now);
  if (!("value" in standby)) throw new Error(JSON.stringify(standby.diagnostics));
  const target = new TargetRegion("eu-central-1");
  const failover = failoverOf(prod, standby.value, { target, accountId: "123456789012", now });
  return failoverSteps(failover, true).flatMap((step) => step.commands);
}

describe("failoverSteps", () => {
  it("deletes the address and ownership records of the primary, and no others", async () => {
    const list = (await commands()).find((command) => command.includes("list-resource-record-sets")) ?? "";
    const named = [...list.matchAll(/Name=='(?<name>[^']+)' && Type=='(?<type>[^']+)'/g)];
    expect(named.map(({ groups }) => [groups?.name, groups?.type])).toEqual([
      ["notejam.example.com.", "A"],
      ["notejam.example.com.", "AAAA"],
      ["_owner.a.notejam.example.com.", "TXT"],
      ["_owner.aaaa.notejam.example.com.", "TXT"],
      ["_owner.cname.notejam.example.com.", "TXT"],
    ]);
    expect(list).not.toMatch(/contains|ends_with/);
  });

  it("creates a backup of the standby before the restore test", async () => {
    const all = (await commands()).join("\n");
    const backup = all.indexOf("--from=cronjob/notejam-backup");
    expect(backup).toBeGreaterThan(all.indexOf("--from=cronjob/notejam-restore"));
    expect(all.indexOf("--from=cronjob/notejam-restore-test")).toBeGreaterThan(backup);
  });
});
