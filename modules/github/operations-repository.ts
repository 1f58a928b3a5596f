import { Repository, type RepositoryConfig } from "@cdktf/provider-github/lib/repository/index.js";
import { RepositoryFile } from "@cdktf/provider-github/lib/repository-file/index.js";
import { RepositoryRuleset } from "@cdktf/provider-github/lib/repository-ruleset/index.js";
import { WorkflowRepositoryPermissions } from "@cdktf/provider-github/lib/workflow-repository-permissions/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplate } from "../core/escape-template.js";

/** File of a repository. */
export interface TreeFile {
  /** Path from the root of the repository, with slashes. */
  readonly path: string;
  readonly content: string;
}

export interface OperationsRepositoryProps {
  /** Name without the owner, such as `operations-k8s-prod`. */
  readonly name: string;
  /** Environment, for the description. */
  readonly environment: string;
  /** All files. */
  readonly files: readonly TreeFile[];
  /** Paths of files that are created once and then changed by image automation. Each must be in `files`. */
  readonly unmanagedFiles: readonly string[];
  /**
   * How image automation changes the main branch. `push`: the deploy key may push to it. `pull-request`: the key may push
   * to other branches only, and a workflow of the repository merges them.
   */
  readonly imageUpdates: "push" | "pull-request";
  /** Archive the repository on destroy instead of deleting it. Its history documents the deployments. */
  readonly archiveOnDestroy: boolean;
  /** Arguments of the repository that replace those of this construct. @default none */
  readonly overrides?: Partial<RepositoryConfig>;
}

/** Branch that Flux reconciles. */
export const MAIN_BRANCH = "main";

/** Id of GitHub's role "admin". https://docs.github.com/en/rest/repos/rules#create-a-repository-ruleset */
const ADMIN_ROLE = 5;

/**
 * Private GitHub repository with the manifests of a cluster. Terraform writes all files, and a ruleset protects the main
 * branch.
 *
 * The provider writes one commit per file, one per second. During a change of several files Flux may see an incomplete
 * revision and retries.
 *
 * Rulesets of private repositories require a paid plan (Team or above).
 *
 * @see https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/about-rulesets
 */
export class OperationsRepository extends Construct {
  /** Name as an attribute of the repository: resources that use it wait for the repository. */
  readonly repositoryName: string;
  /** All files: dependencies of resources that read the repository. */
  readonly files: readonly ITerraformDependable[];

  private readonly props: OperationsRepositoryProps;

  constructor(scope: Construct, id: string, props: OperationsRepositoryProps) {
    super(scope, id);
    this.props = props;
    this.validateUnmanagedFiles();
    const repository = this.addRepository();
    this.repositoryName = repository.name;
    this.files = props.files.map((file) => this.addFile(file));
    this.protectMain();
    this.allowWorkflowPullRequests();
  }

  private validateUnmanagedFiles(): void {
    const paths = new Set(this.props.files.map(({ path }) => path));
    const missing = this.props.unmanagedFiles.filter((path) => !paths.has(path));
    if (missing.length === 0) return;
    throw new Error(
      `${this.node.path}: unmanagedFiles contains ${missing.join(", ")}, which is not in files. ` +
        "Add the file or correct the path.",
    );
  }

  private addRepository(): Repository {
    const { name, environment, archiveOnDestroy } = this.props;
    return new Repository(this, "repository", {
      name,
      description: `Manifests of the cluster of ${environment}. Written by Terraform: change them there.`,
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
      ...this.props.overrides,
    });
  }

  private addFile({ path, content }: TreeFile): RepositoryFile {
    const isUnmanaged = this.props.unmanagedFiles.includes(path);
    return new RepositoryFile(this, `file-${path.replaceAll("/", "--")}`, {
      repository: this.repositoryName,
      branch: MAIN_BRANCH,
      file: path,
      // Flux substitutes `${…}` in the cluster.
      content: escapeTemplate(content),
      commitMessage: `Write ${path}`,
      overwriteOnCreate: true,
      ...(isUnmanaged ? { lifecycle: { ignoreChanges: ["content"] } } : {}),
    });
  }

  private protectMain(): void {
    const deployKey = { actorType: "DeployKey", bypassMode: "always" };
    new RepositoryRuleset(this, "main", {
      repository: this.repositoryName,
      name: "main",
      target: "branch",
      enforcement: "active",
      conditions: { refName: { include: [`refs/heads/${MAIN_BRANCH}`], exclude: [] } },
      bypassActors: [
        // Terraform writes the files with an administrator's token.
        { actorId: ADMIN_ROLE, actorType: "RepositoryRole", bypassMode: "always" },
        ...(this.props.imageUpdates === "push" ? [deployKey] : []),
      ],
      rules: {
        deletion: true,
        nonFastForward: true,
        pullRequest: {
          // A workflow cannot approve its own pull request.
          requiredApprovingReviewCount: this.props.imageUpdates === "pull-request" ? 0 : 1,
          dismissStaleReviewsOnPush: true,
        },
      },
    });
  }

  private allowWorkflowPullRequests(): void {
    new WorkflowRepositoryPermissions(this, "workflows", {
      repository: this.repositoryName,
      defaultWorkflowPermissions: "read",
      canApprovePullRequestReviews: true,
    });
  }
}
