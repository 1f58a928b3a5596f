import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { environmentOfImage } from "./image.js";

const DOCKERFILE = `
ARG BASE=docker.io/library/node:24
FROM \${BASE} AS build
ENV CI=true
FROM scratch AS runtime
# ENV COMMENTED=out
ENV NODE_ENV=production \\
    # between lines
    TITLE="two words" \\
    PORT=3000
FROM --platform=linux/amd64 runtime AS tools
ENV PORT=4000 PGBIN=/client
`;

describe("the environment of an image", () => {
  it("is what its stage says, over several lines, without comments", () => {
    expect(environmentOfImage(DOCKERFILE, "runtime")).toEqual({
      NODE_ENV: "production",
      TITLE: "two words",
      PORT: "3000",
    });
  });

  it("begins with that of the stage it is made from", () => {
    expect(environmentOfImage(DOCKERFILE, "tools")).toEqual({
      NODE_ENV: "production",
      TITLE: "two words",
      PORT: "4000",
      PGBIN: "/client",
    });
  });

  it("of a stage that is not there is an error", () => {
    expect(() => environmentOfImage(DOCKERFILE, "shop")).toThrow("no stage shop");
  });

  it("is found in the application's own Dockerfile", () => {
    const dockerfile = readFileSync("app/Dockerfile", "utf8");
    expect(environmentOfImage(dockerfile, "notejam")).toMatchObject({ NODE_ENV: "production", PORT: "3000" });
  });
});
