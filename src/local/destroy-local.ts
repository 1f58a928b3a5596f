import { existsSync } from "node:fs";
import type { Emulator } from "@notejam/emulator";
import { UserError } from "../user-error.js";
import { Account } from "./account.js";
import type { LocalRunProps } from "./local-run-props.js";
import {
  accountProps,
  environmentOf,
  inStateFolder,
  prepareStacks,
  synthesizeStacks,
} from "./local-stacks.js";
import { type AwsTools, findTools, requireParts } from "./machine.js";

/**
 * Destroys the resources in the emulated account, lists those that remain, and removes the state folder. Without the
 * tools, only removes the folder, which contains the account.
 */
export async function destroyLocal(props: LocalRunProps): Promise<void> {
  const { folder, print } = props;
  if (!existsSync(folder.path)) {
    print(`There is nothing to remove: ${folder.path} does not exist.`);
    return;
  }
  await inStateFolder(props, async () => {
    if (folder.terraformStates().length === 0) return;
    const { aws, missing } = await findTools({ ...props, application: false, interactive: false });
    requireParts(props.required, missing);
    if (aws === undefined) return;
    try {
      await destroyAccount(props, aws);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // The account exists only in the folder.
      print(`Not everything was destroyed before the folder was removed. ${error.message.trimEnd()}`);
    }
  });
  folder.remove();
  print(`${folder.path} is removed.`);
}

async function destroyAccount(props: LocalRunProps, aws: AwsTools): Promise<void> {
  const { folder, print } = props;
  const environments = folder.terraformStates().map(environmentOf);
  const synthesized = await synthesizeStacks({ ...props, environments });
  const stacks = prepareStacks(props, aws, synthesized);
  const account = await Account.start(accountProps(props, aws));
  try {
    for (const stack of account.emulator.restored ? stacks : []) await account.destroy(stack);
    printRemaining(await account.emulator.listResources(), print);
  } finally {
    await account.stop();
  }
}

function printRemaining(
  resources: Awaited<ReturnType<Emulator["listResources"]>>,
  print: (line: string) => void,
): void {
  print(
    resources.length === 0 ? "Nothing remains in the account." : "Still in the account when it was removed:",
  );
  for (const { service, region, type, id } of resources) {
    print(`  ${service} ${type} ${id} (${region})`);
  }
}
