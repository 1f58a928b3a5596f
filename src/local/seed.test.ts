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

describe("what the account holds before the platform comes", () => {
  it("is each public hosted zone that the stack looks up, once", () => {
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

  it("is made where it is missing, and left alone where it is there", async () => {
    const zones = ["example.com"];
    const endpoint = await route53(zones);
    expect(await seedHostedZones(endpoint, ["example.com", "example.org"])).toEqual(["example.org"]);
    expect(await seedHostedZones(endpoint, ["example.com", "example.org"])).toEqual([]);
    expect(zones).toEqual(["example.com", "example.org"]);
  });

  it("cannot be made: says what the emulator answered", async () => {
    const endpoint = await route53([], 500);
    await expect(seedHostedZones(endpoint, ["example.com"])).rejects.toThrow(
      /Route 53 refused GET .*HTTP 500/,
    );
  });
});
