import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

interface Import {
  readonly file: string;
  readonly from: string;
}

/** What the source files below a folder import, relative paths resolved to paths in the repository. Tests do not count. */
function importsOf(folder: string): Import[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(
      (name) => name.endsWith(".ts") && !/\.(test|proof)\.ts$/.test(name) && !name.includes("node_modules"),
    )
    .flatMap((name) => {
      const file = join(folder, name);
      const specifiers = [...readFileSync(file, "utf8").matchAll(/(?:from|import) "([^"]+)"/g)];
      return specifiers.map(([, specifier = ""]) => ({
        file,
        from: specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : specifier,
      }));
    });
}

const offending = (imports: readonly Import[], allowed: (found: Import) => boolean) =>
  imports.filter((found) => !allowed(found)).map(({ file, from }) => `${file} imports ${from}`);

const BINDINGS = /^@cdktf\/provider-[a-z]+\/lib\/[a-z0-9-]+\/index\.js$/;
const LIBRARIES = ["cdktf", "constructs", "cidr-tools"];

describe("dependencies point one way", () => {
  const modules = importsOf("modules");

  it("modules know AWS and the building blocks, no other module, no stack and no environment", () => {
    expect(modules.length).toBeGreaterThan(100);
    expect(
      offending(modules, ({ file, from }) => {
        const module = file.split("/")[1];
        return (
          BINDINGS.test(from) ||
          LIBRARIES.includes(from) ||
          from.startsWith("node:") ||
          from.startsWith("modules/blocks/") ||
          from.startsWith(`modules/${module}/`)
        );
      }),
    ).toEqual([]);
  });

  it("configuration knows nothing but itself", () => {
    expect(
      offending(importsOf("src/config"), ({ from }) =>
        /^(src\/(config\/|diagnostic\.js|user-error\.js)|modules\/[a-z-]+\/(names|managed-rule-groups)\.js|node:|zod$|cidr-tools$)/.test(
          from,
        ),
      ),
    ).toEqual([]);
  });

  it("stacks compose modules by configuration, and never read an environment or the local mode", () => {
    expect(
      offending(importsOf("src/stacks"), ({ from }) =>
        /^(src\/(stacks|config|policy)\/|modules\/|tool-versions\.json$|@cdktf\/|cdktf$|constructs$)/.test(
          from,
        ),
      ),
    ).toEqual([]);
  });

  it("environments are values: they import the type they fill, and each other at most", () => {
    expect(
      offending(importsOf("environments"), ({ from }) => /^(src\/config\/|environments\/)/.test(from)),
    ).toEqual([]);
  });

  it("the application and the infrastructure share no code", () => {
    expect(offending(importsOf("app"), ({ from }) => !/^(src|modules|environments)\//.test(from))).toEqual(
      [],
    );
    for (const folder of ["src", "modules", "environments"]) {
      expect(offending(importsOf(folder), ({ from }) => !from.startsWith("app/"))).toEqual([]);
    }
  });
});
