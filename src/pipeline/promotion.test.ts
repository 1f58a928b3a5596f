import { describe, expect, it } from "vitest";
import { parseRepository } from "./image-repository.js";
import { checkPromotion, type PromotionRequest } from "./promotion.js";

const digest = (character: string) => `sha256:${character.repeat(64)}`;
const TAG = "2026-11-22.main-01234567-17";

const BUILDS = [
  { digest: digest("a"), tags: [TAG] },
  { digest: digest("b"), tags: [`${TAG}-tools`] },
  { digest: digest("c"), tags: ["2026-11-23.main-89abcdef-18"] },
  { digest: digest("d"), tags: ["2026-11-23.feature-x-89abcdef-19"] },
];
const RELEASES = [
  { digest: digest("1"), tags: ["v1.9.0"] },
  { digest: digest("2"), tags: ["v1.9.0-tools"] },
  { digest: digest("3"), tags: ["v1.10.0"] },
  { digest: digest("4"), tags: ["v1.10.0-tools", "latest"] },
];

const ask = (request: Partial<PromotionRequest>) =>
  checkPromotion({ version: "v1.11.0", image: digest("a"), builds: BUILDS, releases: RELEASES, ...request });

const errors = (request: Partial<PromotionRequest>) => {
  const outcome = ask(request);
  return "errors" in outcome ? outcome.errors : [];
};

describe("a promotion", () => {
  it.each([digest("a"), TAG])("names both images of the build: %s", (image) => {
    expect(ask({ image })).toEqual({
      promotion: { tag: TAG, digest: digest("a"), toolsDigest: digest("b"), done: false },
    });
  });

  it("can be the first", () => {
    expect(ask({ version: "v0.1.0", releases: [] })).toHaveProperty("promotion");
  });

  it.each(["1.11.0", "v1.11", "v01.11.0", "v1.11.0-rc.1", "v1.11.0+x", "v1.11.0\n", "latest", ""])(
    "is rejected when the version is %j",
    (version) => {
      expect(errors({ version })).toEqual([expect.stringContaining("is not a version")]);
    },
  );

  it.each(["v1.9.9", "v0.99.99", "v1.9.1"])(
    "is rejected when the version is not newer, compared as numbers: %s",
    (version) => {
      expect(errors({ version })).toEqual([expect.stringContaining("is not newer than v1.10.0")]);
    },
  );

  it("is rejected when the version is already another image", () => {
    expect(errors({ version: "v1.10.0" })).toEqual([
      expect.stringContaining(`v1.10.0 is already another image, ${digest("3")}`),
      expect.stringContaining(`v1.10.0-tools is already another image, ${digest("4")}`),
    ]);
  });

  it("can run again: it finds copied images, and copies missing ones", () => {
    const half = [...RELEASES, { digest: digest("a"), tags: ["v1.11.0"] }];
    expect(ask({ releases: half })).toMatchObject({ promotion: { done: false } });
    const whole = [...half, { digest: digest("b"), tags: ["v1.11.0-tools"] }];
    expect(ask({ releases: whole })).toMatchObject({ promotion: { done: true } });
  });

  it.each([
    [digest("f"), /The source repository has no image with the digest sha256:f+; only its images/],
    ["2026-11-22.main-01234567-16", /The source repository has no image with the tag/],
    ["sha256:abc", /"sha256:abc" is neither a digest/],
    [digest("d"), /is not the application's image of a build of main; its tags are 2026-11-23.feature-x/],
    ["2026-11-23.feature-x-89abcdef-19", /is not the application's image of a build of main/],
    [digest("b"), /is not the application's image of a build of main/],
    [digest("c"), /has no image 2026-11-23.main-89abcdef-18-tools/],
  ])("is rejected for the image %s", (image, reason) => {
    expect(errors({ image })).toEqual([expect.stringMatching(reason)]);
  });

  it("is rejected with all reasons at once", () => {
    expect(errors({ version: "v1.0.0", image: digest("f") })).toHaveLength(2);
  });
});

describe("the URL of a repository", () => {
  it.each([
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/notejam-dev-ecr-registry",
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/notejam",
    "123456789012.dkr-ecr.eu-west-1.on.aws/notejam",
  ])("is understood: %s", (url) => {
    expect(parseRepository(url, "--from")).toMatchObject({ url, account: "123456789012" });
  });

  it.each(["", "docker.io/library/node", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "https://x"])(
    "is rejected: %j",
    (url) => {
      expect(() => parseRepository(url, "--from")).toThrow(/--from is .* not an ECR repository/);
    },
  );
});
