import { describe, expect, it } from "vitest";
import { statementsOf, synthesize } from "../../test/synthesized-constructs.js";
import { AwsAccount } from "../core/aws-account.js";
import { GithubActionsRole, type GithubActionsRoleProps } from "./actions-role.js";

const REPOSITORY = "arn:aws:ecr:eu-west-1:123456789012:repository/notejam-prod-ecr-registry";

const roleWith = (changes: Partial<GithubActionsRoleProps> = {}) =>
  synthesize(
    (scope) =>
      new GithubActionsRole(scope, "github", {
        globalName: "notejam-prod-eu-west-1",
        account: new AwsAccount(scope, "account", { region: "eu-west-1" }),
        owner: "example",
        repositories: ["notejam", "notejam-tools"],
        environment: "prod",
        repositoryArn: REPOSITORY,
        ...changes,
      }),
  );

describe("GithubActionsRole", () => {
  const stack = roleWith();
  const role = stack.one("aws_iam_role");
  const rights = statementsOf(stack.one("aws_iam_role_policy").policy);

  it("trusts only jobs in the environment of the given repositories", () => {
    const [trust, ...others] = statementsOf(role.assume_role_policy);
    expect(others).toEqual([]);
    expect(trust?.Action).toEqual(["sts:AssumeRoleWithWebIdentity"]);
    expect(trust?.Condition).toEqual({
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": [
          "repo:example/notejam:environment:prod",
          "repo:example/notejam-tools:environment:prod",
        ],
      },
    });
  });

  it("trusts only tokens with ids, if ids are given", () => {
    const numbered = roleWith({ ids: { owner: 12, repositories: { notejam: 34, "notejam-tools": 56 } } });
    const [trust] = statementsOf(numbered.one("aws_iam_role").assume_role_policy);
    expect(trust?.Condition?.StringEquals?.["token.actions.githubusercontent.com:sub"]).toEqual([
      "repo:example@12/notejam@34:environment:prod",
      "repo:example@12/notejam-tools@56:environment:prod",
    ]);
  });

  it("uses the account's OIDC provider", () => {
    const [trust] = statementsOf(role.assume_role_policy);
    expect(JSON.stringify(trust?.Principal)).toMatch(
      /"Federated":\["arn:\$\{.*partition\}:iam::\$\{.*account_id\}:oidc-provider\/token\.actions\.githubusercontent\.com"/,
    );
  });

  it("limits sessions to one hour", () => {
    expect(role).toMatchObject({ name: "notejam-prod-eu-west-1-github-actions", max_session_duration: 3600 });
  });

  it("allows pushes to one repository, but no deletion of images and no change of the repository", () => {
    const push = rights.find(({ Action }) => Action?.includes("ecr:PutImage"));
    expect(push?.Resource).toEqual([REPOSITORY]);
    const actions = rights.flatMap(({ Action }) => Action ?? []);
    expect(actions.filter((action) => /Delete|Policy|Tag|\*/.test(action))).toEqual([]);
    expect(actions.every((action) => action.startsWith("ecr:"))).toBe(true);
  });

  it("allows only the authorization token on all resources", () => {
    const everywhere = rights.filter(({ Resource }) => Resource?.includes("*"));
    expect(everywhere.flatMap(({ Action }) => Action)).toEqual(["ecr:GetAuthorizationToken"]);
  });

  it("allows only pulls from the source of promoted images", () => {
    const dev = "arn:aws:ecr:eu-west-1:123456789012:repository/notejam-dev-ecr-registry";
    const promoting = statementsOf(
      roleWith({ readableRepositoryArns: [dev] }).one("aws_iam_role_policy").policy,
    );
    const aboutDev = promoting.filter(({ Resource }) => Resource?.includes(dev));
    expect(aboutDev.flatMap(({ Action }) => Action)).not.toContain("ecr:PutImage");
    expect(aboutDev.flatMap(({ Action }) => Action)).toContain("ecr:BatchGetImage");
  });

  it.each([
    [{ repositories: [] }, /repositories is empty/],
    [{ repositories: ["*"] }, /"\*" cannot be part/],
    [{ owner: "example/notejam" }, /"example\/notejam" cannot be part/],
    [{ ids: { owner: 12, repositories: { notejam: 34 } } }, /no id of notejam-tools/],
    [{ environment: "prod:ref" }, /"prod:ref" cannot be part/],
  ])("rejects %o", (changes, message) => {
    expect(() => roleWith(changes)).toThrow(message);
  });
});
