import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fakes/local-tools.js";
import { parseConfiguration } from "../terraform/synthesized-stacks.js";
import { localVariables, secretsAmong } from "./variables.js";

const { variable: variables } = parseConfiguration(
  JSON.stringify({
    terraform: {},
    variable: {
      db_name: { type: "string" },
      db_pass: { type: "string", sensitive: true, ephemeral: true },
      db_pass_version: { type: "number", default: 1 },
      db_user: { type: "string", sensitive: true, ephemeral: true },
      github_owner: { type: "string" },
    },
  }),
);
const stack = "notejam-dev";

describe("the variables of a local run", () => {
  it("have values that the stacks accept, generated once and reused in the next run", () => {
    const file = join(temporaryFolder(), "secrets.json");
    const first = localVariables({ stack, variables, file, env: {} });
    expect(first).toEqual({
      db_name: "notejam",
      db_pass: expect.stringMatching(/^[!-~]{16,128}$/),
      db_user: expect.stringMatching(/^[a-z_][a-z0-9_]{0,62}$/),
      github_owner: expect.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/),
    });
    expect(localVariables({ stack, variables, file, env: {} })).toEqual(first);
  });

  it("differ from one state folder to the next", () => {
    const values = [1, 2].map(() =>
      localVariables({ stack, variables, file: join(temporaryFolder(), "secrets.json"), env: {} }),
    );
    expect(values[0]?.db_pass).not.toBe(values[1]?.db_pass);
  });

  it("are stored in a file that only its owner can read", () => {
    const file = join(temporaryFolder(), "secrets.json");
    localVariables({ stack, variables, file, env: {} });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("come from the user's TF_VAR_ first, and those are not stored", () => {
    const file = join(temporaryFolder(), "secrets.json");
    const values = localVariables({ stack, variables, file, env: { TF_VAR_db_pass: "the caller's own" } });
    expect(values.db_pass).toBe("the caller's own");
    expect(readFileSync(file, "utf8")).not.toContain("the caller's own");
  });

  it("are an error with their name if no value can be generated", () => {
    const { variable } = parseConfiguration('{"terraform":{},"variable":{"zones":{"type":"list(string)"}}}');
    const file = join(temporaryFolder(), "secrets.json");
    expect(() => localVariables({ stack, variables: variable, file, env: {} })).toThrow(
      /zones of notejam-dev .*Set TF_VAR_zones/,
    );
  });
});

describe("secrets", () => {
  it("are the sensitive and the ephemeral values, not the others", () => {
    const values = { db_name: "notejam", db_pass: "pass", db_user: "user" };
    expect(secretsAmong(values, variables)).toEqual(["pass", "user"]);
  });
});
