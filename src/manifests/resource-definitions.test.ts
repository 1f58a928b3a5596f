import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseManifests } from "../kubernetes/objects.js";
import { Schemas } from "./schemas.js";

const DEFINITION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: bells.example.com
spec:
  group: example.com
  names: { kind: Bell, plural: bells }
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            apiVersion: { type: string }
            kind: { type: string }
            metadata: { type: object }
            spec:
              type: object
              properties:
                tones: { type: array, items: { type: object, properties: { hertz: { type: integer } } } }
                words: { type: object, additionalProperties: { type: string } }
                anything: { type: object, x-kubernetes-preserve-unknown-fields: true, properties: { known: { type: string } } }
    - name: v1alpha1
      served: false
      schema: { openAPIV3Schema: { type: object } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: something-else }
`;

let folder: string;
let schemas: Schemas;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-definitions-"));
  writeFileSync(join(folder, "bells.yaml"), DEFINITION);
  schemas = new Schemas(["test/fixtures/schemas", folder].join(delimiter));
});

afterAll(() => rmSync(folder, { recursive: true }));

function bell(spec: string, version = "v1", metadata = "{ name: door }") {
  const text = `apiVersion: example.com/${version}\nkind: Bell\nmetadata: ${metadata}\nspec: ${spec}\n`;
  return parseManifests(text, "bells").map((manifest) => schemas.validate(manifest));
}

describe("the definitions of custom resources", () => {
  it("say what is right", () => {
    const spec = "{ tones: [{ hertz: 440 }], words: { a: b }, anything: { known: yes, other: 1 } }";
    expect(bell(spec)).toEqual([{ kind: "valid", details: [] }]);
  });

  it("refuse a field that the API server would drop, however deep", () => {
    expect(bell("{ tones: [{ hertz: 440, loud: true }], word: {} }")).toEqual([
      { kind: "invalid", details: ['spec has no field "word"', 'spec.tones.0 has no field "loud"'] },
    ]);
  });

  it("refuse what is wrong in a field, and in the metadata, which no definition describes", () => {
    expect(bell("{ words: { a: 1 } }", "v1", "{ name: door, label: x }")).toEqual([
      { kind: "invalid", details: ['metadata has no field "label"', "spec.words.a must be string"] },
    ]);
  });

  it("do not serve every version that they have", () => {
    expect(bell("{}", "v1alpha1")).toEqual([{ kind: "unserved", details: ["example.com/v1"] }]);
  });
});
