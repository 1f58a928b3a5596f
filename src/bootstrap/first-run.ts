import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Something that a person has to put right first; its message is all they need. */
export class FirstRunProblem extends Error {}

export interface FirstRunProps {
  /** The stack's name, which is its workspace's. */
  readonly stack: string;
  /** Folder of the synthesized stack, where Terraform runs. */
  readonly folder: string;
  /** Where the state is until the workspace has it. */
  readonly stateFile: string;
  /** Runs Terraform in the stack's folder to its end, with the terminal; rejects when it fails. */
  readonly terraform: (...args: readonly string[]) => Promise<unknown>;
  /** Whether Terraform Cloud has the stack's workspace. */
  readonly workspaceExists: () => Promise<boolean>;
  readonly say: (line: string) => void;
}

/**
 * Applies the bootstrap stack for the first time: from here, because the workspace in which it is to run, and the roles which
 * its runs are to take, are among the things that it makes. Then the state moves into that workspace, and from then on the
 * stack is applied like any other.
 *
 * It can be stopped and started again at any point: what was made is in the state file until the workspace has it.
 *
 * @throws FirstRunProblem
 */
export async function firstRun(props: FirstRunProps): Promise<void> {
  const { stack, stateFile, say } = props;
  if (!existsSync(stateFile) && (await props.workspaceExists())) {
    throw new FirstRunProblem(
      `Terraform Cloud has the workspace ${stack} already, and there is no ${stateFile} here: the first run was done, ` +
        `or somebody made the workspace by hand. In the first case: npx cdktf deploy ${stack}. In the second, delete the ` +
        "empty workspace, and start this again.",
    );
  }
  say(`1/2 Apply ${stack} from here, with the state in ${stateFile}`);
  await applyFromHere(props);
  say(`2/2 Move the state into the workspace ${stack}`);
  await moveState(props);
}

async function applyFromHere({ folder, stateFile, terraform }: FirstRunProps): Promise<void> {
  const override = join(folder, "override.tf.json");
  const backend = { local: { path: relative(folder, stateFile) } };
  writeFileSync(override, `${JSON.stringify({ terraform: { backend } }, null, 2)}\n`);
  try {
    await orStop("prepare it", terraform("init", "-input=false", "-reconfigure"));
    await orStop("apply it", terraform("apply"));
  } finally {
    // Left behind, it would keep every later run from the workspace.
    rmSync(override);
  }
}

/** Terraform asks once whether to copy the state. The file goes only when the workspace shows what was in it. */
async function moveState({ stack, stateFile, terraform }: FirstRunProps): Promise<void> {
  await orStop("move the state", terraform("init"));
  await orStop(`read the state in the workspace ${stack}`, terraform("state", "list"));
  for (const file of [stateFile, `${stateFile}.backup`]) rmSync(file, { force: true });
}

async function orStop(doing: string, running: Promise<unknown>): Promise<void> {
  try {
    await running;
  } catch (error) {
    throw new FirstRunProblem(
      `It was not possible to ${doing}. Put right what Terraform says above, and start this again: what is made is kept.`,
      { cause: error },
    );
  }
}
