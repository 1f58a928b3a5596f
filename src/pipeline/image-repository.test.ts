import { ECRClient } from "@aws-sdk/client-ecr";
import { afterEach, expect, it, vi } from "vitest";
import { parseRepository, taggedImages } from "./image-repository.js";

const repository = parseRepository("123456789012.dkr.ecr.eu-west-1.amazonaws.com/notejam", "--from");

afterEach(() => vi.restoreAllMocks());

it("lists the tagged images of all pages", async () => {
  const pages = [
    { imageDetails: [{ imageDigest: "sha256:1", imageTags: ["a", "b"] }], nextToken: "more" },
    { imageDetails: [{ imageDigest: "sha256:2", imageTags: ["c"] }, { imageDigest: "sha256:3" }] },
  ];
  const asked: unknown[] = [];
  vi.spyOn(ECRClient.prototype, "send").mockImplementation(async ({ input }: { input: object }) => {
    asked.push(input);
    return pages[asked.length - 1];
  });
  expect(await taggedImages(repository)).toEqual([
    { digest: "sha256:1", tags: ["a", "b"] },
    { digest: "sha256:2", tags: ["c"] },
  ]);
  const first = { registryId: "123456789012", repositoryName: "notejam", filter: { tagStatus: "TAGGED" } };
  expect(asked).toMatchObject([first, { ...first, nextToken: "more" }]);
});

it("reports an error of AWS in one line", async () => {
  const denied = Object.assign(new Error("not\nallowed."), { name: "AccessDeniedException" });
  vi.spyOn(ECRClient.prototype, "send").mockRejectedValue(denied);
  await expect(taggedImages(repository)).rejects.toThrow(
    /notejam cannot be listed: AccessDeniedException: not allowed\. The role needs ecr:DescribeImages/,
  );
});
