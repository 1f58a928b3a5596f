import { describe, expect, it } from "vitest";
import { environmentNamed } from "../../test/synthesized-app.js";
import { recoverIn } from "../config/environment.js";
import { checkEnvironment } from "../config/validate.js";
import { moveOf } from "./failover.js";
import { moveSteps } from "./plan.js";
import { TargetRegion } from "./target-region.js";

async function commands(): Promise<string[]> {
  const prod = await environmentNamed("prod");
  const wishes = { drRegion: "eu-west-3", vpcCidr: "10.30.0.0/16" };
  const now = new Date("2026-11-01");
  const copy = checkEnvironment(recoverIn(prod, "eu-central-1", wishes), now);
  if (!("value" in copy)) throw new Error(JSON.stringify(copy.findings));
  const target = new TargetRegion("eu-central-1");
  const move = moveOf(prod, copy.value, { target, accountId: "123456789012", now });
  return moveSteps(move, true).flatMap((step) => step.commands);
}

describe("the plan of a move", () => {
  it("removes the first copy's address records and their owner's, and no other of the zone", async () => {
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

  it("takes a backup of the copy before a drill, which would find none", async () => {
    const all = (await commands()).join("\n");
    const backup = all.indexOf("--from=cronjob/notejam-backup");
    expect(backup).toBeGreaterThan(all.indexOf("--from=cronjob/notejam-restore"));
    expect(all.indexOf("--from=cronjob/notejam-restore-test")).toBeGreaterThan(backup);
  });
});
