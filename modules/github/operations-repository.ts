import { Repository } from "@cdktf/provider-github/lib/repository/index.js";
import { RepositoryFile } from "@cdktf/provider-github/lib/repository-file/index.js";
import { RepositoryRuleset } from "@cdktf/provider-github/lib/repository-ruleset/index.js";
import { WorkflowRepositoryPermissions } from "@cdktf/provider-github/lib/workflow-repository-permissions/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplate } from "../blocks/escape-template.js";

/** One file of a tree. */
export interface TreeFile {
  /** Path from the tree's root, with slashes. */
  readonly path: string;
  readonly content: string;
}

export interface OperationsRepositoryProps {
  /** Without the owner, such as `operations-k8s-prod`. */
  readonly name: string;
  /** The environment that it describes, for people. */
  readonly environment: string;
  /** What it holds, file by file. */
  readonly files: readonly TreeFile[];
  /** Paths of files that are created once and then edited by image automation. Each must be among `files`. */
  readonly leftToAutomation: readonly string[];
  /**
   * How a new image gets in: `push` lets the deploy key write to main. With `pull-request` the key can write to other
   * branches only, and the tree's own workflow merges: the release has been approved before its image was there to be found.
   */
  readonly imageUpdates: "push" | "pull-request";
  /** Keep the repository, read-only, when it is destroyed: its history is the record of what ran. */
  readonly archiveOnDestroy: boolean;
}

/** The branch that Flux follows. */
export const MAIN_BRANCH = "main";

/** GitHub's number of the built-in role "admin". https://docs.github.com/en/rest/repos/rules#create-a-repository-ruleset */
const ADMIN_ROLE = 5;

/**
 * The repository that a cluster is described by: private, its main branch guarded, and every file in it written by
 * Terraform from one tree.
 *
 * Each file is a commit of its own; the provider writes one after the other, a second apart. So a change of several
 * files passes through half-written trees: Flux tries again until it is whole.
 *
 * Rulesets of private repositories need a paid plan (Team or above).
 *
 * @see https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/about-rulesets
 */
export class OperationsRepository extends Construct {
  /** Its name, as an attribute of the repository: what uses it waits for it. */
  readonly repositoryName: string;
  /** For `dependsOn` of what reads the tree: the files, all of them. */
  readonly files: readonly ITerraformDependable[];

  private readonly props: OperationsRepositoryProps;

  constructor(scope: Construct, id: string, props: OperationsRepositoryProps) {
    super(scope, id);
    this.props = props;
    this.checkLeftFiles();
    const repository = this.addRepository();
    this.repositoryName = repository.name;
    this.files = props.files.map((file) => this.addFile(file));
    this.guardMain();
    this.letWorkflowsOpenPullRequests();
  }

  private checkLeftFiles(): void {
    const paths = new Set(this.props.files.map(({ path }) => path));
    const missing = this.props.leftToAutomation.filter((path) => !paths.has(path));
    if (missing.length === 0) return;
    throw new Error(
      `${this.node.path}: ${missing.join(", ")} is left to image automation but not in the tree; ` +
        "add the file, or correct the path.",
    );
  }

  private addRepository(): Repository {
    const { name, environment, archiveOnDestroy } = this.props;
    return new Repository(this, "repository", {
      name,
      description: `What runs in the cluster of ${environment}. Written by Terraform: change it there.`,
      visibility: "private",
      autoInit: true,
      vulnerabilityAlerts: true,
      hasIssues: false,
      hasProjects: false,
      hasWiki: false,
      allowMergeCommit: false,
      allowRebaseMerge: false,
      deleteBranchOnMerge: true,
      archiveOnDestroy,
    });
  }

  private addFile({ path, content }: TreeFile): RepositoryFile {
    const left = this.props.leftToAutomation.includes(path);
    return new RepositoryFile(this, `file-${path.replaceAll("/", "--")}`, {
      repository: this.repositoryName,
      branch: MAIN_BRANCH,
      file: path,
      // `${…}` in these files is for Flux, which substitutes it in the cluster.
      content: escapeTemplate(content),
      commitMessage: `Write ${path}`,
      overwriteOnCreate: true,
      ...(left ? { lifecycle: { ignoreChanges: ["content"] } } : {}),
    });
  }

  private guardMain(): void {
    const deployKey = { actorType: "DeployKey", bypassMode: "always" };
    new RepositoryRuleset(this, "main", {
      repository: this.repositoryName,
      name: "main",
      target: "branch",
      enforcement: "active",
      conditions: { refName: { include: [`refs/heads/${MAIN_BRANCH}`], exclude: [] } },
      bypassActors: [
        // Terraform writes the tree with an administrator's token.
        { actorId: ADMIN_ROLE, actorType: "RepositoryRole", bypassMode: "always" },
        ...(this.props.imageUpdates === "push" ? [deployKey] : []),
      ],
      rules: {
        deletion: true,
        nonFastForward: true,
        pullRequest: {
          // A workflow cannot approve what it proposes itself.
          requiredApprovingReviewCount: this.props.imageUpdates === "pull-request" ? 0 : 1,
          dismissStaleReviewsOnPush: true,
        },
      },
    });
  }

  private letWorkflowsOpenPullRequests(): void {
    new WorkflowRepositoryPermissions(this, "workflows", {
      repository: this.repositoryName,
      defaultWorkflowPermissions: "read",
      canApprovePullRequestReviews: true,
    });
  }
}
