import type { PolicyStatement } from "../../core/iam-policy.js";

/** Returns the permissions to send mail from the addresses of one verified SES identity. */
export function mailSender(identityArn: string): PolicyStatement[] {
  return [{ sid: "SendMail", actions: ["ses:SendEmail", "ses:SendRawEmail"], resources: [identityArn] }];
}
