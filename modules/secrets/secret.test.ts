import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { randomPassword, Secret } from "./secret.js";

describe("Secret", () => {
  const stack = synthesize((scope) => {
    new Secret(scope, "grafana", {
      name: "notejam/prod/grafana",
      description: "Grafana's first user",
      kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/k",
      recoveryWindowDays: 30,
      initialValue: { username: "admin", password: randomPassword(scope, "password") },
    });
  });

  it("has an initial value by a write-only argument, with an ephemeral password", () => {
    const { secret_string_wo: value, ...rest } = stack.one("aws_secretsmanager_secret_version");
    expect(value).toBe(
      '${jsonencode({"username" = "admin", "password" = ephemeral.aws_secretsmanager_random_password.password.random_password})}',
    );
    expect(rest).not.toHaveProperty("secret_string");
    expect(stack.json.ephemeral).toEqual({
      aws_secretsmanager_random_password: { password: { password_length: 40, exclude_punctuation: true } },
    });
  });

  it("writes the value once", () => {
    expect(stack.one("aws_secretsmanager_secret_version").secret_string_wo_version).toBe(1);
  });

  it("is encrypted with the given key", () => {
    expect(stack.one("aws_secretsmanager_secret")).toMatchObject({
      name: "notejam/prod/grafana",
      kms_key_id: "arn:aws:kms:eu-west-1:123456789012:key/k",
      recovery_window_in_days: 30,
    });
  });
});
