import { readFileSync } from "node:fs";
import { join } from "node:path";
import { count, formatDiagnostic } from "../../diagnostic.js";
import { readTree } from "../../kubernetes/flux-tree.js";
import { at, isFields } from "../../kubernetes/objects.js";
import { type CheckedEnvironment, checkEnvironment } from "../../manifests/check-environment.js";
import type { EnvironmentFacts } from "../../manifests/environment-facts.js";
import { writePages } from "../../manifests/pages.js";
import { Builder, type Kustomize, render } from "../../manifests/render.js";
import { openValidators } from "../../manifests/validators.js";

export interface ClusterObjectsProps {
  /** Project folder with the Flux tree. */
  readonly projectFolder: string;
  readonly kustomize: Kustomize;
  /** `dev` */
  readonly environmentId: string;
  /** Synthesized stacks of the environment. */
  readonly platformFile: string;
  readonly gitopsFile: string;
  /** Output folder of the pages that list all objects. */
  readonly pages: string;
}

/** Rendered and checked objects of an environment's cluster. */
export interface RenderedCluster extends CheckedEnvironment {
  /** Skipped checks with the option that enables each: one line each. */
  readonly notChecked: readonly string[];
}

/** Renders the Flux tree for an environment, with the outputs of its applied platform stack. */
export class ClusterObjects {
  private readonly props: ClusterObjectsProps;
  private readonly builder: Builder;

  constructor(props: ClusterObjectsProps) {
    this.props = props;
    this.builder = new Builder(join(props.projectFolder, "flux"), props.kustomize);
  }

  /** Builds the tree before the outputs are known, so that render() is faster. */
  async prepare(): Promise<void> {
    await render(this.builder, await this.facts({}));
  }

  /** Renders and checks the tree, and writes the pages. @param outputs outputs of the platform stack */
  async render(outputs: Readonly<Record<string, unknown>>): Promise<RenderedCluster> {
    const { projectFolder, pages } = this.props;
    const { K8S_SCHEMAS, CHART_VALUES } = process.env;
    const { validators, notChecked } = openValidators({ schemas: K8S_SCHEMAS, chartValues: CHART_VALUES });
    const tree = readTree(join(projectFolder, "flux"));
    const checked = await checkEnvironment({
      builder: this.builder,
      tree,
      facts: await this.facts(outputs),
      validators,
    });
    writePages(pages, [checked]);
    return {
      ...checked,
      notChecked: notChecked.map(
        ({ what, option }) => `${what} are not checked (npm run check:manifests -- ${option} <folder>)`,
      ),
    };
  }

  private async facts(outputs: Readonly<Record<string, unknown>>): Promise<EnvironmentFacts> {
    const { environmentId, platformFile, gitopsFile } = this.props;
    // Loaded on demand, because it loads the provider bindings (1 s).
    const { factsOf } = await import("../../manifests/environment-facts.js");
    const platform: unknown = JSON.parse(readFileSync(platformFile, "utf8"));
    const gitops: unknown = JSON.parse(readFileSync(gitopsFile, "utf8"));
    const declared = at(platform, "output");
    const known = Object.entries(outputs).map(([name, value]) => [name, { value }]);
    const output = { ...(isFields(declared) ? declared : {}), ...Object.fromEntries(known) };
    return factsOf(environmentId, { ...(isFields(platform) ? platform : {}), output }, gitops);
  }
}

/** Formats the result as lines: number of objects, skipped checks, errors. */
export function describeRendered({ objects, diagnostics, notChecked }: RenderedCluster): string[] {
  return [
    `${objects.length} objects, ${count(diagnostics.length, "error")}`,
    ...notChecked,
    ...diagnostics.map(formatDiagnostic),
  ];
}
