import { jsonencode } from "@notejam/constructs/core/terraform-functions";
import { Flux } from "@notejam/constructs/flux";
import { fluxInstanceValues, OPERATOR_VALUES } from "@notejam/constructs/flux/values";
import { Secret } from "@notejam/constructs/secrets/secret";
import { TerraformOutput } from "cdktf";
import { beforeAll, describe, expect, it } from "vitest";
import dev from "../environments/dev.js";
import type { Environment, EnvironmentInput } from "../src/config/environment.js";
import { validateEnvironment } from "../src/config/validate.js";
import { needs } from "./required-tools.js";
import { repositoryConfiguration, stackNamed, synthesizeApp, TODAY } from "./synthesized-app.js";
import { type Synthesized, synthesize } from "./synthesized-constructs.js";
import { evaluate } from "./terraform-evaluation.js";
import { decodeJsonencode, faultsOf, type Template, templatesOf } from "./terraform-templates.js";

/** Characters with a special meaning in HCL, in a template or in JSON. */
const ODD = 'a"b\\c\\n${d}$${e}%{f}%%{g}\nh\r\ti$\u0001\u2028ü€😀';

/** Valid email address with characters that are special in a template. */
const ODD_EMAIL = "a\\b'${c}$${d}%{e}%%{f}ü@example.com";

/** A third environment. */
const STAGING: EnvironmentInput = {
  ...dev,
  name: "staging",
  production: false,
  vpcCidr: "10.60.0.0/16",
  hostName: "notejam-staging.example.com",
};

/** Environment with all special characters that validation allows. */
const ODD_ENVIRONMENT: EnvironmentInput = {
  ...dev,
  name: "odd",
  vpcCidr: "10.70.0.0/16",
  hostName: "notejam-odd.example.com",
  alarmEmails: [ODD_EMAIL],
  budget: { monthlyUsd: 1.5, emails: [ODD_EMAIL] },
  tags: { Owner: "Dev Ops:+=@/_-.", Project: "Note\tJam\n", "Cost Center:+=@/_-.": "1" },
  clusterAdmins: ["path/of+=,.@-/admin"],
  githubRepositories: ["-._notejam"],
};

function checked(input: EnvironmentInput): Environment {
  const result = validateEnvironment(input, TODAY);
  if (!("value" in result)) throw new Error(JSON.stringify(result.diagnostics));
  return result.value;
}

let stacks: ReadonlyMap<string, Synthesized>;
beforeAll(async () => {
  const configuration = await repositoryConfiguration();
  const environments = [...configuration.environments, checked(STAGING), checked(ODD_ENVIRONMENT)];
  stacks = synthesizeApp({ ...configuration, environments });
});

describe("the template strings of a stack", () => {
  it.each([
    "notejam-bootstrap",
    ...["dev", "prod", "staging", "odd"].flatMap((name) => [`notejam-${name}`, `notejam-${name}-gitops`]),
  ])("are valid HCL in %s", async (name) => {
    const templates = templatesOf(stackNamed(stacks, name).json);
    expect(templates.length).toBeGreaterThan(50);
    expect(await faultsOf(templates)).toEqual([]);
  });

  it("are checked in every stack that is synthesized", () => {
    expect(
      [...stacks.keys()].filter(
        (name) => !/^notejam-(bootstrap|(dev|prod|staging|odd)(-gitops)?)$/.test(name),
      ),
    ).toEqual([]);
  });

  it("keep an email address unchanged", () => {
    const { endpoint } = stackNamed(stacks, "notejam-odd").one("aws_sns_topic_subscription");
    expect(String(endpoint).replaceAll(/([$%])\1\{/g, "$1{")).toBe(ODD_EMAIL);
    expect(String(endpoint).replaceAll(/([$%])\1\{/g, "")).not.toMatch(/[$%]\{/);
  });

  it("are valid HCL for any text of a Flux source and of a secret", async () => {
    const stack = synthesize((scope) => {
      new Flux(scope, "flux", {
        clusterName: "notejam-test",
        sourceName: ODD,
        repository: { name: "operations", owner: "example", branch: ODD, files: [] },
        clusterVars: {},
      });
      new Secret(scope, "secret", {
        name: "notejam/test/secret",
        description: "A secret",
        kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1",
        recoveryWindowDays: 7,
        initialValue: { [ODD]: ODD },
      });
    });
    expect(await faultsOf(templatesOf(stack.json))).toEqual([]);
    const instance = decodeJsonencode(valuesOf(stack, /flux-instance/));
    expect(instance).toMatchObject({ instance: { sync: { name: ODD, ref: `refs/heads/${ODD}` } } });
    const secret = String(stack.one("aws_secretsmanager_secret_version").secret_string_wo);
    expect(decodeJsonencode(secret)).toEqual({ [ODD]: ODD });
  });
});

describe("the check of template strings", () => {
  const template = (text: string): Template => ({ path: "output.x.value", text });

  it.each([
    '${jsonencode({"a" = "b"c"})}',
    '${jsonencode({"a" = "b\nc"})}',
    "${unfinished",
    "%{ if true }",
    "%{unknown}",
    '${join("\\", [])}',
  ])("reports %j", async (text) => {
    expect(await faultsOf([template("${var.fine}"), template(text)])).toEqual([
      { ...template(text), message: expect.stringContaining("templates.tf:") },
    ]);
  });

  it.each([
    'a "quotation" and a \\ outside of an expression',
    "$${literal} %%{literal}",
    "several\nlines\n${var.x}\n",
    '${jsonencode({"a" = "\\"${var.x}\\""})}',
    "END ${var.x}",
  ])("accepts %j", async (text) => {
    expect(await faultsOf([template(text)])).toEqual([]);
  });

  it("reads keys, but not comments", () => {
    expect(templatesOf({ "//": { "${a}": "${b}" }, tags: [{ "${c}": "${d}", e: "f" }] })).toEqual([
      { path: "tags.0.${c}", text: "${c}" },
      { path: "tags.0.${c}", text: "${d}" },
    ]);
  });
});

/** Returns the intended values of the chart `flux-instance`, with these texts for owner and repository. */
function instanceValues(environment: string, owner: string, repository: string) {
  return fluxInstanceValues({
    fluxVersion: "2.9.4",
    sourceName: `${environment}-source`,
    url: `ssh://git@github.com/${owner}/${repository}.git`,
    branch: "main",
    folder: "clusters/services",
    pullSecret: "flux-system",
    clusterVars: "cluster-vars",
  });
}

describe.each(["dev", "prod"])("the Helm releases of %s", (environment) => {
  const gitops = () => stackNamed(stacks, `notejam-${environment}-gitops`);

  it("contain the operator's values", () => {
    expect(decodeJsonencode(valuesOf(gitops(), /flux-operator/))).toEqual(OPERATOR_VALUES);
  });

  it("contain the instance's values, with each patch as one JSON text", () => {
    const repository = `\${github_repository.${gitops().one("github_repository").id}.name}`;
    const meant = instanceValues(environment, "${var.github_owner}", repository);
    expect(decodeJsonencode(valuesOf(gitops(), /flux-instance/))).toEqual(meant);
    expect(meant.instance.kustomize.patches.map(({ patch }) => JSON.parse(patch)).length).toBeGreaterThan(3);
  });
});

describe("Terraform", needs("terraform"), () => {
  it.each([
    ["a text", ODD],
    ["quotation marks at both ends", '"a"'],
    ["JSON in JSON", JSON.stringify({ a: JSON.stringify({ b: '"\\"' }) })],
    ["dollar and percent signs in a row", "$$${a} %%%{b} $$ %% ${ %{ $} %} ~} ${~"],
    ["depth", { [ODD]: [ODD, { [`2${ODD}`]: [[ODD], {}, []] }, null, true, -1.5] }],
  ])("encodes %s correctly", (_, value) => {
    const stack = synthesize((scope) => {
      new TerraformOutput(scope, "result", { value: jsonencode(value), staticId: true });
    });
    const { result } = evaluate({ result: Object(stack.json.output).result.value });
    expect(JSON.parse(String(result))).toEqual(value);
  });

  it("evaluates the values of the Helm releases to the intended ones", () => {
    const given = ["dev", "prod"].flatMap((environment) => {
      const stack = stackNamed(stacks, `notejam-${environment}-gitops`);
      return ["flux-operator", "flux-instance"].map((release) => [
        `${environment}-${release}`,
        valuesOf(stack, new RegExp(release))
          .replace("${var.github_owner}", "example")
          .replace(/\$\{github_repository\.[\w-]+\.name\}/, "operations"),
      ]);
    });
    const values = Object.entries(evaluate(Object.fromEntries(given))).map(([name, text]) => [
      name,
      JSON.parse(String(text)),
    ]);
    expect(Object.fromEntries(values)).toEqual({
      "dev-flux-operator": OPERATOR_VALUES,
      "dev-flux-instance": instanceValues("dev", "example", "operations"),
      "prod-flux-operator": OPERATOR_VALUES,
      "prod-flux-instance": instanceValues("prod", "example", "operations"),
    });
  });
});

/** The only text in the `values` of a Helm release. */
function valuesOf(stack: Synthesized, release: RegExp): string {
  const { values } = stack.one("helm_release", release);
  if (!Array.isArray(values) || values.length !== 1) throw new Error("expected one text of values");
  return String(values[0]);
}
