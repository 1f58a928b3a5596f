/**
 * Data-plane reads: actions that return stored data instead of the configuration of a resource. Terraform needs none of
 * them, because it writes secrets through write-only arguments.
 */
export const DATA_PLANE_READS: readonly string[] = [
  "athena:GetQueryResults",
  "cloudtrail:LookupEvents",
  "dynamodb:BatchGetItem",
  "dynamodb:GetItem",
  "dynamodb:Query",
  "dynamodb:Scan",
  "ec2:GetConsoleOutput",
  "ec2:GetConsoleScreenshot",
  "ec2:GetPasswordData",
  "ecr:BatchGetImage",
  "ecr:GetAuthorizationToken",
  "ecr:GetDownloadUrlForLayer",
  "lambda:GetFunction",
  "logs:FilterLogEvents",
  "logs:GetLogEvents",
  "logs:GetLogRecord",
  "logs:GetQueryResults",
  "logs:StartLiveTail",
  "logs:StartQuery",
  "logs:Unmask",
  "rds-data:*",
  "rds:DownloadCompleteDBLogFile",
  "rds:DownloadDBLogFilePortion",
  "s3:GetObject",
  "s3:GetObjectTorrent",
  "s3:GetObjectVersion",
  "secretsmanager:BatchGetSecretValue",
  "secretsmanager:GetSecretValue",
  "sqs:ReceiveMessage",
  "ssm:GetCommandInvocation",
  "ssm:StartSession",
];

/** Actions that decrypt data or assume identities. Applies need some of them, plans need none. */
export const DECRYPT_AND_ASSUME: readonly string[] = [
  "kms:Decrypt",
  "kms:GenerateDataKey*",
  "kms:ReEncrypt*",
  "rds-db:connect",
  "ssm:GetParameter",
  "ssm:GetParameterHistory",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "sts:AssumeRole",
];
