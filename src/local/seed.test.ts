import { createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseConfiguration } from "../terraform/synthesized-stacks.js";
import { hostedZonesLookedUp, seedHostedZones } from "./seed.js";

/** Route 53 as far as the seed talks to it. */
async function route53(zones: string[], status = 200): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) {
      body += part;
    }
    const created = /<Name>(.+)<\/Name>/.exec(body)?.[1];
    if (request.method === "POST" && created !== undefined) {
      zones.push(created);
    }
    const first = zones.find((zone) => request.url?.includes(`dnsname=${zone}&`)) ?? "other.example";
    response.writeHead(status).end(`<HostedZone><Name>${first}.</Name></HostedZone>`);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

describe("hosted zones in the emulated account", () => {
  it("are the public zones that the stack looks up, without duplicates", () => {
    const stack = parseConfiguration(
      JSON.stringify({
        terraform: {},
        data: {
          aws_route53_zone: {
            a: { name: "example.org" },
            b: { name: "example.com." },
            c: { name: "example.com", private_zone: false },
            d: { name: "internal", private_zone: true },
          },
        },
      }),
    );
    expect(hostedZonesLookedUp(stack)).toEqual(["example.com", "example.org"]);
  });

  it("are created only if they do not exist", async () => {
    const zones = ["example.com"];
    const endpoint = await route53(zones);
    expect(await seedHostedZones(endpoint, ["example.com", "example.org"])).toEqual(["example.org"]);
    expect(await seedHostedZones(endpoint, ["example.com", "example.org"])).toEqual([]);
    expect(zones).toEqual(["example.com", "example.org"]);
  });

  it("report the emulator's response if they cannot be created", async () => {
    const endpoint = await route53([], 500);
    await expect(seedHostedZones(endpoint, ["example.com"])).rejects.toThrow(
      /Route 53 rejected GET .*HTTP 500/,
    );
  });
});
