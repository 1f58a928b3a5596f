import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkedCertificates } from "../image/certificates.js";
import { Authority } from "./authority.js";

describe("the certificates that the image trusts", () => {
  let folder: string;
  let authorities: string[];
  let server: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "notejam-certificates-"));
    const made = [new Authority(folder, "first"), new Authority(folder, "second")];
    authorities = made.map(({ certificate }) => readFileSync(certificate, "utf8").trim());
    server = readFileSync(made[0]?.issue("localhost").certificate ?? "", "utf8");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are exactly the authorities in the file", () => {
    const file = `Root of one region\n${authorities.join("\nand of another\n")}\n`;
    expect(checkedCertificates(file)).toBe(`${authorities.join("\n")}\n`);
  });

  it("are rejected if one belongs to a server", () => {
    expect(() => checkedCertificates(authorities.join("\n") + server)).toThrow(
      /Not the certificate of an authority: .*CN=localhost/,
    );
  });

  it.each(["", "<!doctype html><title>Sign in to the network</title>"])(
    "are rejected if there is none: %s",
    (file) => {
      expect(() => checkedCertificates(file)).toThrow(/holds no certificate/);
    },
  );
});
