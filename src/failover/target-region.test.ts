import { createServer } from "node:http";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { expect, it, vi } from "vitest";
import { runCheck } from "./aws-answers.js";
import { TargetRegion } from "./target-region.js";

it("fails for a region that accepts connections and never responds", async () => {
  const server = createServer(() => {});
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${address.port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  try {
    const { sts } = new TargetRegion("eu-central-1", 200);
    const asked = runCheck("account", async () => {
      await sts.send(new GetCallerIdentityCommand({}));
      return [];
    });
    await expect(asked).rejects.toThrow(/cannot be reached \(ETIMEDOUT\)/);
  } finally {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  }
});
