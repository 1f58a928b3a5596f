import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Diagnostic } from "../diagnostic.js";
import { UserError } from "../user-error.js";
import { runCheck } from "./aws-answers.js";
import { checkBackups } from "./checks/backups.js";
import { checkNames } from "./checks/names.js";
import { checkOfferings } from "./checks/network.js";
import { checkQuotas } from "./checks/quotas.js";
import { checkReplicas } from "./checks/replicas.js";
import type { Failover } from "./failover.js";
import type { TargetRegion } from "./target-region.js";

/**
 * Returns the AWS account of the credentials in use: twelve digits.
 *
 * @throws UserError when AWS does not return it
 */
export async function callerAccount({ sts }: TargetRegion): Promise<string> {
  let accountId: string | undefined;
  await runCheck("account", async () => {
    accountId = (await sts.send(new GetCallerIdentityCommand({}))).Account;
    return [];
  });
  if (accountId !== undefined) return accountId;
  throw new UserError("AWS does not return the account of these credentials.", {
    hint: "Sign in (aws sso login) and run the command again.",
  });
}

/** Checks all preconditions of a failover, in the target region only. Changes nothing. */
export async function checkPreconditions(failover: Failover): Promise<Diagnostic[]> {
  const checks = [checkOfferings, checkReplicas, checkBackups, checkNames, checkQuotas];
  return (await Promise.all(checks.map((check) => check(failover)))).flat();
}
