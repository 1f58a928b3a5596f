import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeExecutable } from "../../test/executable.js";
import { copyImage, type ImageCopy } from "./image-copy.js";
import { parseRepository } from "./image-repository.js";

const URL = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/notejam-dev-ecr-registry";
const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const TAG = "2026-11-22.main-0123abcd-42";

const copy: ImageCopy = {
  from: "oci:image/notejam",
  to: parseRepository(URL, "--to"),
  digest: DIGEST,
  tag: TAG,
};

describe("copyImage", () => {
  const path = process.env.PATH;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "notejam-skopeo-"));
    process.env.PATH = `${folder}${delimiter}${path}`;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  /** Writes a fake skopeo that records its calls and returns one digest for every inspection. */
  function stubSkopeo({ digest = DIGEST, copying = "exit 0" } = {}): void {
    const script = `#!/bin/sh\necho "$*" >> '${folder}/calls'\nif [ "$1" = inspect ]; then echo ${digest}; else ${copying}; fi\n`;
    writeExecutable(join(folder, "skopeo"), script);
  }

  const calls = () =>
    existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [];

  it("copies the image with this digest to its tag", async () => {
    stubSkopeo();
    expect(await copyImage(copy, [])).toBe("copied");
    expect(calls()).toEqual([
      "inspect --no-tags --format {{.Digest}} oci:image/notejam",
      `copy --all --preserve-digests oci:image/notejam docker://${URL}:${TAG}`,
    ]);
  });

  it("pushes by digest only, so that Flux does not deploy an image without attestation", async () => {
    stubSkopeo();
    expect(await copyImage({ ...copy, tag: undefined }, [])).toBe("copied");
    expect(calls().at(-1)).toMatch(new RegExp(`docker://${URL}@${DIGEST}$`));
  });

  it("copies nothing in a second run", async () => {
    stubSkopeo();
    expect(await copyImage(copy, [{ digest: DIGEST, tags: [TAG] }])).toBe("already there");
    expect(calls()).toEqual([]);
  });

  it("never moves a tag", async () => {
    stubSkopeo();
    expect(await copyImage(copy, [{ digest: OTHER, tags: ["another", TAG] }])).toEqual({
      error: `${URL}:${TAG} is already another image, ${OTHER}. Tags are never moved.`,
    });
    expect(calls()).toEqual([]);
  });

  it("copies only the image that was scanned", async () => {
    stubSkopeo({ digest: OTHER });
    expect(await copyImage(copy, [])).toEqual({
      error: `oci:image/notejam is ${OTHER}, not ${DIGEST}. Nothing was copied.`,
    });
    expect(calls()).toHaveLength(1);
  });

  it("reports in one line why skopeo failed", async () => {
    stubSkopeo({ copying: "echo 'denied: no basic\n auth' >&2; exit 1" });
    await expect(copyImage(copy, [])).rejects.toThrow(
      "skopeo copy failed: denied: no basic auth. Sign in to the registry first (aws ecr get-login-password | docker login …).",
    );
  });

  it("reports why skopeo could not be started", async () => {
    stubSkopeo();
    process.env.PATH = folder;
    chmodSync(join(folder, "skopeo"), 0o644);
    await expect(copyImage(copy, [])).rejects.toThrow(/^skopeo inspect failed: .*EACCES/);
  });

  it("reports a missing skopeo", async () => {
    process.env.PATH = folder;
    await expect(copyImage(copy, [])).rejects.toThrow(
      /^skopeo, which copies images, is not installed\. Install it/,
    );
  });

  it("rejects a digest of another form", async () => {
    await expect(copyImage({ ...copy, digest: "latest" }, [])).rejects.toThrow(/"latest" is not a digest/);
  });
});
