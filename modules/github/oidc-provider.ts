import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";

/** Issuer of the OIDC tokens of GitHub Actions, and prefix of their condition keys in IAM. */
export const GITHUB_ISSUER = "token.actions.githubusercontent.com";

/** Audience of the tokens: the default of `aws-actions/configure-aws-credentials`. */
export const GITHUB_AUDIENCE = "sts.amazonaws.com";

/**
 * IAM OIDC provider for GitHub Actions. An account can have only one, so it belongs to no environment. Roles decide what
 * a token may do.
 *
 * No thumbprint: AWS verifies GitHub's certificate with its own list of certificate authorities.
 *
 * @see https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
 */
export class GithubOidcProvider extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.arn = new IamOpenidConnectProvider(this, "provider", {
      url: `https://${GITHUB_ISSUER}`,
      clientIdList: [GITHUB_AUDIENCE],
    }).arn;
  }
}

/** Returns the ARN of the provider. No output of the stack that creates it is necessary. */
export function githubOidcProviderArn(account: AwsAccount): string {
  return account.arn("iam", `oidc-provider/${GITHUB_ISSUER}`, { region: "" });
}
