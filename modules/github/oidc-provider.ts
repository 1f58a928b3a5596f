import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";

/** Who issues the tokens of GitHub Actions; also the prefix of their condition keys in IAM. */
export const GITHUB_ISSUER = "token.actions.githubusercontent.com";

/** Whom the tokens are made out to: the default of `aws-actions/configure-aws-credentials`. */
export const GITHUB_AUDIENCE = "sts.amazonaws.com";

/**
 * Makes an AWS account believe GitHub's tokens. An account can have one such provider only, so it belongs to the
 * account, not to an environment; what a token may do is each role's own.
 *
 * No thumbprint: AWS checks GitHub's certificate against its own list of authorities.
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

/** The provider's ARN, which follows from the account: an environment needs no output of the stack that made it. */
export function githubOidcProviderArn(account: AwsAccount): string {
  return account.arn("iam", `oidc-provider/${GITHUB_ISSUER}`, { region: "" });
}
