import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function failover(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const aws = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_EC2_METADATA_DISABLED: "true" };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--no-warnings", "--import", "tsx", "src/cli/index.ts", "failover", ...args],
      { env: { PATH: process.env.PATH, HOME: "/nonexistent", ...aws, ...env } },
      (error, out, err) => resolve({ status: Number(error?.code ?? 0), out, err }),
    );
  });
}

/** Starts a fake AWS API that returns the same error for every call. */
async function answering(status: number, code: string): Promise<string> {
  const server = createServer((_request, response) => {
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
    response.writeHead(status, { "content-type": "text/xml" }).end(body);
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}

const PROD = ["--env", "prod", "--to", "eu-central-1", "--dry-run"];

describe("the failover command without a result", () => {
  it("exits with 2 and one line when AWS cannot be reached", async () => {
    const ended = await failover(PROD, { AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
    expect(ended).toMatchObject({ status: 2, out: "" });
    expect(ended.err).toMatch(/^The target AWS region cannot be reached \(ECONNREFUSED\)\. .*\n$/);
  });

  it.each([
    [["--env", "prod"], /--to <region>/],
    [["--env", "prod", "--to", "eu-central-1", "--environments", "nowhere"], /nowhere/],
  ])("exits with 2 for %j", async (args, err) => {
    expect(await failover(args)).toEqual({ status: 2, out: "", err: expect.stringMatching(err) });
  });

  it("exits with 2 and one line when AWS rejects the credentials", async () => {
    const ended = await failover(PROD, { AWS_ENDPOINT_URL: await answering(403, "InvalidClientTokenId") });
    expect(ended).toMatchObject({ status: 2, out: "" });
    expect(ended.err).toMatch(/^AWS rejected the credentials \(InvalidClientTokenId\)\. Sign in .*\n$/);
  });

  it.each([
    [
      ["--env", "prd", "--to", "eu-central-1"],
      /^There is no environment "prd"\. Choose from: (.+, )?dev, (.+, )?prod(, .+)?\.\n$/,
    ],
    [
      ["--env", "prod", "--to", "eu-west-1"],
      /^prod is already in eu-west-1\. Choose another region with --to\.\n$/,
    ],
  ])("exits with 2 and one line for %j before it calls AWS", async (args, err) => {
    expect(await failover(args)).toEqual({ status: 2, out: "", err: expect.stringMatching(err) });
  });
});
