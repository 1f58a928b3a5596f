import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "../user-error.js";

export interface FirstRunProps {
  /** Name of the stack and of its workspace. */
  readonly stack: string;
  /** Folder of the synthesized stack, in which Terraform runs. */
  readonly folder: string;
  /** Local state file, used until the state is in the workspace. */
  readonly stateFile: string;
  /** Runs Terraform in the stack's folder, on the terminal, until it exits. Rejects when it fails. */
  readonly terraform: (...args: readonly string[]) => Promise<unknown>;
  /** Returns whether HCP Terraform has the stack's workspace. */
  readonly workspaceExists: () => Promise<boolean>;
  /** Prints progress. */
  readonly print: (line: string) => void;
}

/**
 * Applies the bootstrap stack for the first time, from this machine: the stack itself creates its workspace and the
 * roles of its runs. Then moves the state into the workspace. Later runs are the same as for any other stack.
 *
 * Can be stopped and run again at any point: the state file keeps all created resources until the workspace has them.
 *
 * @throws UserError when the workspace exists without a local state, or when Terraform fails
 */
export async function firstRun(props: FirstRunProps): Promise<void> {
  const { stack, stateFile, print } = props;
  if (!existsSync(stateFile) && (await props.workspaceExists())) {
    throw new UserError(
      `HCP Terraform already has the workspace ${stack}, and ${stateFile} does not exist.`,
      {
        hint:
          `If the first run has completed, run: npx cdktf deploy ${stack}. If the workspace was created by hand and is ` +
          "empty, delete it and run this command again.",
      },
    );
  }
  print(`1/2 Apply ${stack} from this machine, with the state in ${stateFile}`);
  await applyLocally(props);
  print(`2/2 Move the state into the workspace ${stack}`);
  await moveState(props);
}

async function applyLocally({ folder, stateFile, terraform }: FirstRunProps): Promise<void> {
  const override = join(folder, "override.tf.json");
  const backend = { local: { path: relative(folder, stateFile) } };
  writeFileSync(override, `${JSON.stringify({ terraform: { backend } }, null, 2)}\n`);
  try {
    await step("prepare Terraform", terraform("init", "-input=false", "-reconfigure"));
    await step("apply the stack", terraform("apply"));
  } finally {
    // If the file stayed, later runs would not use the workspace.
    rmSync(override);
  }
}

/** Terraform asks once whether to copy the state. The local file is removed after the workspace lists its state. */
async function moveState({ stack, stateFile, terraform }: FirstRunProps): Promise<void> {
  await step("move the state", terraform("init"));
  await step(`read the state in the workspace ${stack}`, terraform("state", "list"));
  for (const file of [stateFile, `${stateFile}.backup`]) rmSync(file, { force: true });
}

async function step(doing: string, running: Promise<unknown>): Promise<void> {
  try {
    await running;
  } catch (error) {
    throw new UserError(`Terraform failed to ${doing}.`, {
      hint: "Correct the error above and run this command again: created resources are kept in the state.",
      cause: error,
    });
  }
}
