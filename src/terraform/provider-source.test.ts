import { once } from "node:events";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { fakeMirror, temporaryFolder } from "../../test/fakes/local-tools.js";
import { describeProvider, findProvider } from "./provider-source.js";

const PLATFORM = "linux_amd64";
const terraform = { product: "Terraform" } as const;

/** A machine without any mirror. */
function bare() {
  const home = temporaryFolder();
  return { terraform, home, searched: [], platform: PLATFORM, pluginCache: join(home, "plugins"), env: {} };
}

describe("the AWS provider", () => {
  it("comes from a local mirror, without a request to the registry", async () => {
    const path = fakeMirror(temporaryFolder(), PLATFORM);
    const answers = () => Promise.reject(new Error("asked"));
    const source = await findProvider({ ...bare(), env: { TF_PLUGIN_MIRROR: path }, answers });
    expect(describeProvider(source)).toBe(`AWS provider 5.100.0 from ${path} (TF_PLUGIN_MIRROR)`);
  });

  it("comes from the product's registry if that responds", async () => {
    const asked: string[] = [];
    const answers = (url: string) => {
      asked.push(url);
      return Promise.resolve(true);
    };
    const source = await findProvider({ ...bare(), answers });
    expect(describeProvider(source)).toBe("AWS provider ~> 6.26 from https://registry.terraform.io");
    await findProvider({ ...bare(), terraform: { product: "OpenTofu" }, answers });
    expect(asked).toEqual(["https://registry.terraform.io", "https://registry.opentofu.org"]);
  });

  it("comes from the network mirror that the user configured instead of the registry", async () => {
    const machine = bare();
    const url = "https://mirror.example.com/providers/";
    writeFileSync(
      join(machine.home, ".terraformrc"),
      `provider_installation { network_mirror { url = "${url}" } }`,
    );
    expect(await findProvider({ ...machine, answers: () => Promise.resolve(true) })).toEqual({
      kind: "network",
      address: url,
    });
  });

  it("comes from an earlier run when no registry responds", async () => {
    const machine = bare();
    renameSync(fakeMirror(temporaryFolder(), PLATFORM, ["6.66.0"]), machine.pluginCache);
    const source = await findProvider({ ...machine, answers: () => Promise.resolve(false) });
    expect(describeProvider(source)).toBe(`AWS provider 6.66.0 from ${machine.pluginCache} (an earlier run)`);
  });

  it("is not found without a mirror and a registry", async () => {
    await expect(findProvider({ ...bare(), answers: () => Promise.resolve(false) })).rejects.toThrow(
      /^The AWS provider was not found: .*registry\.terraform\.io does not respond\. Connect .*TF_PLUGIN_MIRROR .*\.$/,
    );
  });
});

describe("the registry", () => {
  /** A proxy that answers CONNECT with a status. */
  async function proxy(status: string) {
    const asked: string[] = [];
    const headers: (string | undefined)[] = [];
    const server = createServer().on("connect", ({ url, headers: sent }, socket) => {
      asked.push(url ?? "");
      headers.push(sent["proxy-authorization"]);
      socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      server.close();
    });
    return { asked, headers, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  it("is reached through the proxy from the environment", async () => {
    const { asked, url } = await proxy("200 OK");
    const machine = bare();
    expect(await findProvider({ ...machine, env: { HTTPS_PROXY: url } })).toMatchObject({ kind: "network" });
    expect(asked).toEqual(["registry.terraform.io:443"]);
  });

  it("is requested with the credentials of the proxy", async () => {
    const { headers, url } = await proxy("200 OK");
    const env = { HTTPS_PROXY: url.replace("http://", "http://ann:p%40ss@") };
    expect(await findProvider({ ...bare(), env })).toMatchObject({ kind: "network" });
    expect(headers[0]).toBe(`Basic ${Buffer.from("ann:p@ss").toString("base64")}`);
  });

  it.each(["http://mirror.example.com/", "mirror"])(
    "is not requested at %s, which Terraform rejects",
    async (url) => {
      const machine = bare();
      writeFileSync(
        join(machine.home, ".terraformrc"),
        `provider_installation { network_mirror { url = "${url}" } }`,
      );
      await expect(findProvider(machine)).rejects.toThrow("The AWS provider was not found");
    },
  );

  it("counts as unreachable if the proxy rejects the request", async () => {
    const { url } = await proxy("502 Bad Gateway");
    mkdirSync(bare().pluginCache, { recursive: true });
    await expect(findProvider({ ...bare(), env: { https_proxy: url } })).rejects.toThrow("does not respond");
  });
});
