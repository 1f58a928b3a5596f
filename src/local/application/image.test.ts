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
  it("is ENV of its stage, over several lines, without comments", () => {
    expect(environmentOfImage(DOCKERFILE, "runtime")).toEqual({
      NODE_ENV: "production",
      TITLE: "two words",
      PORT: "3000",
    });
  });

  it("includes ENV of the stage that it is based on", () => {
    expect(environmentOfImage(DOCKERFILE, "tools")).toEqual({
      NODE_ENV: "production",
      TITLE: "two words",
      PORT: "4000",
      PGBIN: "/client",
    });
  });

  it("is an error for a stage that does not exist", () => {
    expect(() => environmentOfImage(DOCKERFILE, "shop")).toThrow("no stage shop");
  });

  it("is read from the application's Dockerfile", () => {
    const dockerfile = readFileSync("app/Dockerfile", "utf8");
    expect(environmentOfImage(dockerfile, "notejam")).toMatchObject({ NODE_ENV: "production", PORT: "3000" });
  });
});
