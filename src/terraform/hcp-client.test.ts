import { afterEach, describe, expect, it, vi } from "vitest";
import { HcpClient } from "./hcp-client.js";

const client = new HcpClient({ hostname: "app.terraform.io", token: "token-of-an-owner", second: 1 });

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Makes the API respond with these statuses, one per request. Returns the requested URLs. */
function respondWith(...statuses: readonly number[]): string[] {
  const requested: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { headers }: { headers: Record<string, string> }) => {
    expect(headers.authorization).toBe("Bearer token-of-an-owner");
    const status = statuses[requested.length];
    requested.push(url);
    return new Response("{}", { status });
  });
  return requested;
}

describe("a workspace in HCP Terraform", () => {
  it.each([
    [200, true],
    [404, false],
  ])("exists or not: status %d", async (status, exists) => {
    const requested = respondWith(status);
    expect(await client.workspaceExists("example", "notejam-bootstrap")).toBe(exists);
    expect(requested).toEqual([
      "https://app.terraform.io/api/v2/organizations/example/workspaces/notejam-bootstrap",
    ]);
  });

  it("is looked up again after an outage and a rate limit", async () => {
    const requested = respondWith(502, 429, 200);
    expect(await client.workspaceExists("example", "notejam-bootstrap")).toBe(true);
    expect(requested).toHaveLength(3);
  });

  it("is unknown with an invalid token, which is reported", async () => {
    respondWith(401);
    await expect(client.workspaceExists("example", "notejam-bootstrap")).rejects.toMatchObject({
      name: "UserError",
      summary: expect.stringMatching(
        /workspace notejam-bootstrap at app\.terraform\.io .*token is not valid/,
      ),
      hint: expect.stringContaining("terraform login app.terraform.io"),
    });
  });
});
