import { readFileSync } from "node:fs";
import type { Emulator } from "@notejam/emulator";
import type { BackupSummary, RunningApplication } from "./application/application.js";
import { describeDifferences } from "./application/local-pod.js";
import type { RunningStandalone } from "./application/standalone.js";
import { renderInventory, takeInventory } from "./inventory.js";
import type { StateFolder } from "./state-folder.js";

type Print = (line: string) => void;

/** Prints the resources in the emulated account and its endpoint. */
export function showAccount(
  { account, endpoint }: Pick<Emulator, "account" | "endpoint">,
  stacks: readonly { readonly name: string }[],
  folder: StateFolder,
  print: Print,
): void {
  for (const { name } of stacks) {
    print(renderInventory(takeInventory(name, readFileSync(folder.terraformState(name), "utf8"))));
  }
  print(`The account ${account} answers at ${endpoint}. To look around:`);
  print(`  AWS_ENDPOINT_URL=${endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws s3 ls`);
}

/** Prints Notejam's configuration and, last, its address. */
export function showApplication(running: RunningApplication | RunningStandalone, print: Print): void {
  if (running.kind === "pods") {
    const { environmentId, runsAs, differences, pages, backups } = running;
    print(
      `Notejam of ${environmentId} has the environment variables of the cluster's ${runsAs} (all objects of the cluster: ${pages}), except:`,
    );
    for (const line of describeDifferences(differences)) print(`  ${line}`);
    if (backups !== undefined) print(describeBackups(backups));
  } else {
    print(
      `Notejam of ${running.environmentId} runs on its embedded database. Its notes and the mails it sends are in ${running.dataFolder}.`,
    );
  }
  print(`Notejam is at ${running.address}: sign up there with any address.`);
}

function describeBackups({ bucket, count, newest }: BackupSummary): string {
  const { id, ageSeconds, bytes, verifiedAt } = newest;
  const tested = verifiedAt === null ? "never verified" : `verified at ${verifiedAt} by a restore test`;
  const others = count === 1 ? "the only one" : `the newest of ${count}`;
  return `Backup ${id} (${others} in s3://${bucket}): ${bytes} bytes, ${ageSeconds} s old, ${tested}.`;
}
