import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fakes/local-tools.js";
import { UserError } from "../user-error.js";
import { removeUnsupportedProviders } from "./unsupported-providers.js";

const AWS = {
  terraform: { required_providers: { aws: { source: "aws", version: "~> 6.26" } } },
  provider: { aws: [{ region: "eu-west-1" }] },
  resource: { aws_iam_role: { plan: { name: "notejam-dev-plan" } } },
};

const WITH_TERRAFORM_CLOUD = {
  terraform: {
    required_providers: { ...AWS.terraform.required_providers, tfe: { source: "hashicorp/tfe" } },
  },
  provider: { ...AWS.provider, tfe: [{ hostname: "app.terraform.io" }] },
  data: { tfe_organization_membership: { member: { email: "platform@example.com" } } },
  resource: {
    ...AWS.resource,
    tfe_workspace: { dev: { name: "notejam-dev" }, prod: { name: "notejam-prod" } },
    tfe_variable: { role: { value: "${aws_iam_role.plan.arn}" } },
  },
};

function written(json: object): string {
  const file = join(temporaryFolder(), "cdk.tf.json");
  writeFileSync(file, JSON.stringify(json));
  return file;
}

describe("unsupported providers", () => {
  it("are removed with all their resources, which are counted by type", () => {
    const file = written(WITH_TERRAFORM_CLOUD);
    expect(removeUnsupportedProviders("notejam-bootstrap", file)).toEqual([
      "HCP Terraform is not emulated: 4 of notejam-bootstrap's resources are left out " +
        "(2 tfe_workspace, 1 tfe_variable, 1 data.tfe_organization_membership).",
    ]);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(AWS);
  });

  it("leave the file of a stack without them unchanged", () => {
    const file = written(AWS);
    const before = readFileSync(file, "utf8");
    expect(removeUnsupportedProviders("notejam-dev", file)).toEqual([]);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("are an error if another resource depends on them", () => {
    const role = { plan: { name: "${tfe_workspace.dev.name}-plan" } };
    const file = written({
      ...WITH_TERRAFORM_CLOUD,
      resource: { ...WITH_TERRAFORM_CLOUD.resource, aws_iam_role: role },
    });
    expect(() => removeUnsupportedProviders("notejam-bootstrap", file)).toThrow(UserError);
    expect(() => removeUnsupportedProviders("notejam-bootstrap", file)).toThrow(
      /depends on tfe_workspace\.dev, which is not/,
    );
  });
});
