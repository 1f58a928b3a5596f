import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BINARY = process.env.TERRAFORM_BINARY_NAME || "terraform";

interface Diagnostic {
  readonly summary: string;
  readonly detail: string;
  readonly snippet?: { readonly code: string };
}

/** Environment variables without the user's Terraform settings, such as a data folder or arguments. */
const ENVIRONMENT = { PATH: process.env.PATH, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" };

/**
 * Evaluates templates with Terraform and returns their values.
 *
 * @param templates - templates by output name, without references to resources, so that no provider is needed
 * @throws Error with Terraform's message if a template is invalid
 */
export function evaluate(templates: Readonly<Record<string, string>>): Record<string, unknown> {
  const output = Object.fromEntries(Object.entries(templates).map(([name, value]) => [name, { value }]));
  return inFolderOf({ output }, (folder) => {
    run(folder, ["apply", "-auto-approve", "-input=false", "-no-color"]);
    const state: { outputs: Record<string, { value: unknown }> } = JSON.parse(
      readFileSync(join(folder, "terraform.tfstate"), "utf8"),
    );
    return Object.fromEntries(Object.entries(state.outputs).map(([name, { value }]) => [name, value]));
  });
}

/**
 * Validates a configuration that needs no provider except the one built into Terraform.
 *
 * @returns errors and warnings, each with its line of the configuration
 */
export function validate(configuration: object): string[] {
  return inFolderOf(configuration, (folder) => {
    run(folder, ["init", "-backend=false", "-input=false", "-no-color"]);
    const { stdout } = spawnSync(BINARY, ["validate", "-json"], {
      cwd: folder,
      env: ENVIRONMENT,
      encoding: "utf8",
    });
    const { diagnostics }: { diagnostics: Diagnostic[] } = JSON.parse(stdout);
    return diagnostics.map(
      ({ summary, detail, snippet }) =>
        `${summary}: ${detail}${snippet ? ` In: ${snippet.code.trim()}` : ""}`,
    );
  });
}

function inFolderOf<T>(configuration: object, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "notejam-terraform-"));
  try {
    writeFileSync(join(folder, "main.tf.json"), JSON.stringify(configuration, null, 1));
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(folder: string, args: readonly string[]): void {
  execFileSync(BINARY, args, { cwd: folder, env: ENVIRONMENT, stdio: "pipe" });
}
