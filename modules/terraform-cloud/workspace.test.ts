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
  value: { leftToPeople: "" },
};

const OWNER: WorkspaceVariable = {
  key: "github_owner",
  category: "terraform",
  description: "Owner of the repositories.",
  value: { stated: "example-notes" },
};

const workspaceWith = (changes: Partial<TerraformCloudWorkspaceProps> = {}) =>
  synthesize((scope) => new TerraformCloudWorkspace(scope, "dev", { ...PROPS, ...changes }).settle([]));

describe("TerraformCloudWorkspace", () => {
  it("gives each phase of its runs a role of its own", () => {
    const variables = workspaceWith().resources("tfe_variable");
    expect(variables).toMatchObject([
      { key: "TFC_AWS_APPLY_ROLE_ARN", category: "env", value: PROPS.applyRoleArn },
      { key: "TFC_AWS_PLAN_ROLE_ARN", category: "env", value: PROPS.planRoleArn },
    ]);
  });

  it("tells nobody of anything when nobody is named", () => {
    expect(workspaceWith().count("tfe_notification_configuration")).toBe(0);
    expect(
      workspaceWith({ notifiedUserIds: ["user-1"] }).one("tfe_notification_configuration"),
    ).toMatchObject({
      destination_type: "email",
      email_user_ids: ["user-1"],
    });
  });

  it("shows its state to the workspaces that it is told, and to nobody else", () => {
    const stack = synthesize((scope) => {
      const dev = new TerraformCloudWorkspace(scope, "dev", PROPS);
      const gitops = new TerraformCloudWorkspace(scope, "gitops", { ...PROPS, name: "notejam-dev-gitops" });
      dev.settle([gitops]);
      gitops.settle([]);
    });
    const readers = stack.resources("tfe_workspace_settings").map((each) => each.remote_state_consumer_ids);
    expect(readers).toEqual([[expect.stringMatching(/^\$\{tfe_workspace\.gitops_/)], []]);
  });
});

describe("variables", () => {
  it("that people fill in start empty, and are left alone from then on", () => {
    const variable = workspaceWith({ variables: [PASSWORD] }).one("tfe_variable", /db_pass/);
    expect(variable).toMatchObject({ sensitive: true, lifecycle: { ignore_changes: ["value"] } });
    expect(variable).not.toHaveProperty("value");
  });

  it("that are stated are put right when somebody changes them", () => {
    const variable = workspaceWith({ variables: [OWNER] }).one("tfe_variable", /github_owner/);
    expect(variable).toMatchObject({ value: "example-notes" });
    expect(variable).not.toHaveProperty("lifecycle");
  });

  it.each([{ stated: "Secret-of-a-person" }, { leftToPeople: "change-me" }])(
    "that are sensitive cannot have the value %o, which the state would hold",
    (value) => {
      expect(() => workspaceWith({ variables: [{ ...PASSWORD, value }] })).toThrow(
        /"db_pass" is given a value here, which would be stored/,
      );
    },
  );

  it("that are shared belong to the project, and reach it whole or the named workspaces", () => {
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
  it("has rights in the named workspaces, none in the organization, and no member who could make tokens", () => {
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
