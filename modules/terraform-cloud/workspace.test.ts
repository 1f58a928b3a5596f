import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { PipelineTeam } from "./pipeline-team.js";
import { SharedVariable } from "./shared-variable.js";
import { TerraformCloudWorkspace, type TerraformCloudWorkspaceProps } from "./workspace.js";
import type { WorkspaceVariable } from "./workspace-variable.js";

const PROPS: TerraformCloudWorkspaceProps = {
  name: "notejam-dev",
  description: "Environment dev",
  organization: "example-notes",
  projectId: "prj-1",
  terraformVersion: "1.11.4",
  destroyable: true,
  planRoleArn: "arn:aws:iam::123456789012:role/plan",
  applyRoleArn: "arn:aws:iam::123456789012:role/apply",
  variables: [],
};

const PASSWORD: WorkspaceVariable = {
  key: "db_pass",
  category: "terraform",
  description: "Password of db_user.",
  sensitive: true,
  value: { unmanaged: "" },
};

const OWNER: WorkspaceVariable = {
  key: "github_owner",
  category: "terraform",
  description: "Owner of the repositories.",
  value: { managed: "example-notes" },
};

const workspaceWith = (changes: Partial<TerraformCloudWorkspaceProps> = {}) =>
  synthesize((scope) =>
    new TerraformCloudWorkspace(scope, "dev", { ...PROPS, ...changes }).setRemoteStateConsumers([]),
  );

describe("TerraformCloudWorkspace", () => {
  it("has one role for plans and one for applies", () => {
    const variables = workspaceWith().resources("tfe_variable");
    expect(variables).toMatchObject([
      { key: "TFC_AWS_APPLY_ROLE_ARN", category: "env", value: PROPS.applyRoleArn },
      { key: "TFC_AWS_PLAN_ROLE_ARN", category: "env", value: PROPS.planRoleArn },
    ]);
  });

  it("has no notifications without users", () => {
    expect(workspaceWith().count("tfe_notification_configuration")).toBe(0);
    expect(
      workspaceWith({ notifiedUserIds: ["user-1"] }).one("tfe_notification_configuration"),
    ).toMatchObject({
      destination_type: "email",
      email_user_ids: ["user-1"],
    });
  });

  it("restricts remote-state access to the given workspaces", () => {
    const stack = synthesize((scope) => {
      const dev = new TerraformCloudWorkspace(scope, "dev", PROPS);
      const gitops = new TerraformCloudWorkspace(scope, "gitops", { ...PROPS, name: "notejam-dev-gitops" });
      dev.setRemoteStateConsumers([gitops]);
      gitops.setRemoteStateConsumers([]);
    });
    const readers = stack.resources("tfe_workspace_settings").map((each) => each.remote_state_consumer_ids);
    expect(readers).toEqual([[expect.stringMatching(/^\$\{tfe_workspace\.gitops_/)], []]);
  });
});

describe("variables", () => {
  it("that are unmanaged are empty at first, and Terraform ignores their changes", () => {
    const variable = workspaceWith({ variables: [PASSWORD] }).one("tfe_variable", /db_pass/);
    expect(variable).toMatchObject({ sensitive: true, lifecycle: { ignore_changes: ["value"] } });
    expect(variable).not.toHaveProperty("value");
  });

  it("that are managed are reverted after other changes", () => {
    const variable = workspaceWith({ variables: [OWNER] }).one("tfe_variable", /github_owner/);
    expect(variable).toMatchObject({ value: "example-notes" });
    expect(variable).not.toHaveProperty("lifecycle");
  });

  it.each([{ managed: "Secret-of-a-person" }, { unmanaged: "change-me" }])(
    "that are sensitive cannot have the value %o",
    (value) => {
      expect(() => workspaceWith({ variables: [{ ...PASSWORD, value }] })).toThrow(
        /"db_pass" has a value, which would be stored/,
      );
    },
  );

  it("that are shared belong to the project, for all workspaces or the given ones", () => {
    const shared = (users: "whole-project" | "dev") =>
      synthesize((scope) => {
        const dev = new TerraformCloudWorkspace(scope, "dev", PROPS);
        new SharedVariable(scope, "owner", {
          name: "notejam-github_owner",
          organization: "example-notes",
          projectId: "prj-1",
          variable: OWNER,
          users: users === "dev" ? [dev] : users,
        });
      });
    expect(shared("dev").one("tfe_variable_set")).toMatchObject({ parent_project_id: "prj-1" });
    expect(shared("dev").types()).toContain("tfe_workspace_variable_set");
    expect(shared("dev").types()).not.toContain("tfe_project_variable_set");
    expect(shared("whole-project").one("tfe_project_variable_set")).toMatchObject({ project_id: "prj-1" });
    expect(shared("whole-project").types()).not.toContain("tfe_workspace_variable_set");
  });
});

describe("PipelineTeam", () => {
  it("has permissions in the given workspaces only, and no members", () => {
    const stack = synthesize((scope) => {
      const dev = new TerraformCloudWorkspace(scope, "dev", PROPS);
      new TerraformCloudWorkspace(scope, "prod", { ...PROPS, name: "notejam-prod" });
      new PipelineTeam(scope, "plan", {
        name: "notejam-plan",
        organization: "example-notes",
        runs: "plan",
        workspaces: [dev],
      });
    });
    expect(stack.one("tfe_team")).toMatchObject({
      visibility: "secret",
      allow_member_token_management: false,
    });
    expect(stack.one("tfe_team")).not.toHaveProperty("organization_access");
    expect(stack.one("tfe_team_access")).toMatchObject({
      workspace_id: expect.stringMatching(/^\$\{tfe_workspace\.dev_/),
      permissions: [{ runs: "plan", variables: "none", state_versions: "read" }],
    });
  });
});
