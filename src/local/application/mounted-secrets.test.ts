import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { secretsManager } from "../../../test/local-application.js";
import { isFields } from "../../kubernetes/objects.js";
import { readMountedSecrets } from "./mounted-secrets.js";

/** SecretProviderClass of the tree. Its variables are the names of its secrets. */
function classNamed(name: string) {
  const file = `flux/microservices/notejam/base/secretproviderclass-${name}.yaml`;
  const found: unknown = parse(readFileSync(file, "utf8"));
  if (!isFields(found)) throw new Error(`${file} holds no object.`);
  return found;
}

const LOGIN = {
  POSTGRES_USER: "notejam_app",
  POSTGRES_PASS: 'with "quotes" and \\',
  POSTGRES_DB: "notejam",
  POSTGRES_URL: "writer.example.com",
  POSTGRES_READER_URL: "reader.example.com",
  POSTGRES_PORT: "5432",
};
const NAME = "${DATABASE_SECRET_NAME}";
const ADMIN = "${DATABASE_ADMIN_SECRET_ARN}";

describe("secrets as files", () => {
  it("are the files in a pod of the application", async () => {
    const endpoint = await secretsManager({ [NAME]: LOGIN });
    expect(await readMountedSecrets(classNamed("notejam"), endpoint)).toEqual({
      ...LOGIN,
      "database.json": JSON.stringify(LOGIN),
    });
  });

  it("contain the master user's login only for the migration", async () => {
    const endpoint = await secretsManager({ [NAME]: LOGIN, [ADMIN]: { username: "master", password: "m" } });
    expect(await readMountedSecrets(classNamed("notejam-migrate"), endpoint)).toMatchObject({
      POSTGRES_ADMIN_USER: "master",
      POSTGRES_ADMIN_PASS: "m",
    });
    const ofApplication = await readMountedSecrets(classNamed("notejam"), endpoint);
    expect(JSON.stringify(ofApplication)).not.toContain("master");
  });

  it("that lack a key or do not exist are reported by name, without a value", async () => {
    const { POSTGRES_URL: _, ...incomplete } = LOGIN;
    const endpoint = await secretsManager({ [NAME]: incomplete });
    const error = await readMountedSecrets(classNamed("notejam"), endpoint).catch(({ message }) => message);
    expect(error).toMatch(/has no key POSTGRES_URL, which notejam needs/);
    expect(error).not.toContain("quotes");
    await expect(readMountedSecrets(classNamed("notejam"), await secretsManager({}))).rejects.toThrow(
      /did not return .* \(HTTP 400\)/,
    );
  });
});
