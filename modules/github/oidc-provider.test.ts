import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { GithubOidcProvider } from "./oidc-provider.js";

describe("GithubOidcProvider", () => {
  it("trusts GitHub's tokens for AWS, without a thumbprint", () => {
    const stack = synthesize((scope) => new GithubOidcProvider(scope, "github"));
    const provider = stack.one("aws_iam_openid_connect_provider");
    expect(provider).toMatchObject({
      url: "https://token.actions.githubusercontent.com",
      client_id_list: ["sts.amazonaws.com"],
    });
    expect(provider).not.toHaveProperty("thumbprint_list");
  });
});
