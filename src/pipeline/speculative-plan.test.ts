import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeExecutable } from "../../test/executable.js";
import { CANARIES, canariesIn, recordedPlanFile } from "../../test/recorded-plans.js";
import toolVersions from "../../tool-versions.json" with { type: "json" };
import { terraformToken, tokenVariable } from "../terraform/hcp-client.js";
import { speculativePlan } from "./speculative-plan.js";

/*
 * Plans with a fake Terraform and a fake HCP Terraform. test/hcp-terraform.e2e.test.ts tests that the real Terraform
 * starts a plan-only run through the `cloud` block.
 */

const HOST = "tfe.example-notes.com";
const TOKEN = "secret-token-of-a-team";
const URL_OF_RUN = `https://${HOST}/app/example/notejam-dev/runs/run-Ab1`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notejam-plan-"));
  mkdirSync(join(folder, "stack"));
  writeFileSync(join(folder, "stack", "cdk.tf.json"), "{}");
});

afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a fake Terraform with this output and exit status. */
function fakeTerraform({
  version = toolVersions.terraform.pinned,
  init = "",
  plan = "",
  planStatus = 0,
  initStatus = 0,
} = {}): string {
  const file = join(folder, "terraform");
  writeFileSync(join(folder, "init.txt"), init);
  writeFileSync(join(folder, "plan.txt"), plan);
  const script = `#!/bin/sh
[ "$1" = version ] && { echo 'Terraform v${version}'; exit 0; }
echo "$*" >> '${folder}/calls'
cat '${folder}/'"$1.txt" >&2
if [ "$1" = init ]; then exit ${initStatus}; else exit ${planStatus}; fi
`;
  writeExecutable(file, script);
  return file;
}

const STARTED = `Running plan in HCP Terraform. Output will stream here.\n\n${URL_OF_RUN}\n\n`;

const runAnswer = (status = "planned_and_finished") => ({
  data: { id: "run-Ab1", attributes: { status }, relationships: { plan: { data: { id: "plan-1" } } } },
  included: [
    {
      id: "plan-1",
      type: "plans",
      attributes: { "resource-additions": 3, "resource-changes": 2, "resource-destructions": 1 },
    },
  ],
});

/** Fakes responses of HCP Terraform by path; other paths return 404. */
function fakeCloud(answers: Readonly<Record<string, () => Response | Promise<Response>>>): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { headers }: { headers: Record<string, string> }) => {
    const { host, pathname } = new URL(url);
    asked.push(pathname);
    if (host !== HOST || headers.authorization !== `Bearer ${TOKEN}`)
      return new Response("", { status: 401 });
    return answers[pathname]?.() ?? new Response("", { status: 404 });
  });
  return asked;
}

const RUN = "/api/v2/runs/run-Ab1";
const PLAN = "/api/v2/plans/plan-1/json-output-redacted";

function planned(binary: string, env: NodeJS.ProcessEnv = { [tokenVariable(HOST)]: TOKEN }) {
  const cloud = { hostname: HOST, organization: "example", workspaces: { name: "notejam-dev" } };
  return speculativePlan({
    stack: { name: "notejam-dev", folder: join(folder, "stack"), configuration: { terraform: { cloud } } },
    env: { PATH: process.env.PATH, HOME: folder, TERRAFORM_BINARY_NAME: binary, ...env },
    second: 1,
  });
}

const whyNot = (binary: string, env?: NodeJS.ProcessEnv) =>
  planned(binary, env).then(
    () => "",
    (error: Error) => error.message,
  );

describe("a speculative plan", () => {
  it("is summarized from the plan without values", async () => {
    fakeCloud({
      [RUN]: () => Response.json(runAnswer()),
      [PLAN]: () => new Response(readFileSync(recordedPlanFile("change"))),
    });
    const summary = await planned(fakeTerraform({ plan: `${STARTED}${CANARIES.policy}` }));
    expect(summary).toMatchObject({
      status: "planned",
      url: URL_OF_RUN,
      counts: { add: 1, change: 4, destroy: 1 },
    });
    expect(summary.resources).toHaveLength(5);
    expect(canariesIn(JSON.stringify(summary))).toEqual([]);
    expect(readFileSync(join(folder, "calls"), "utf8")).toBe(
      "init -input=false -no-color\nplan -input=false -no-color\n",
    );
  });

  it.each([403, 404, 204])("is summarized by its counts if the plan cannot be read (%d)", async (status) => {
    fakeCloud({
      [RUN]: () => Response.json(runAnswer()),
      [PLAN]: () => new Response(status === 204 ? null : "", { status }),
    });
    const summary = await planned(fakeTerraform({ plan: STARTED }));
    expect(summary.counts).toEqual({ add: 3, change: 2, destroy: 1, replace: 0, import: 0 });
    expect(summary.resources).toBeUndefined();
  });

  it("that fails is summarized without messages of providers", async () => {
    fakeCloud({ [RUN]: () => Response.json(runAnswer("errored")) });
    const plan = `${STARTED}╷\n│ Error: bad value ${CANARIES.error}\n│\n│   with aws_kms_key.x,\n╵\n`;
    const summary = await planned(fakeTerraform({ plan, planStatus: 1 }));
    expect(summary).toMatchObject({
      status: "failed",
      url: URL_OF_RUN,
      errors: ["aws_kms_key.x: Provider error; see the run"],
    });
    expect(canariesIn(JSON.stringify(summary))).toEqual([]);
  });

  it("that was canceled is summarized as canceled", async () => {
    fakeCloud({ [RUN]: () => Response.json(runAnswer("canceled")) });
    const summary = await planned(fakeTerraform({ plan: STARTED, planStatus: 1 }));
    expect(summary).toMatchObject({ status: "failed", errors: ["The run was canceled."] });
  });

  it("retries when the service is busy or down for a moment", async () => {
    let busy = 2;
    const asked = fakeCloud({
      [RUN]: () => {
        busy -= 1;
        return busy >= 0
          ? new Response("", { status: busy > 0 ? 429 : 502, headers: { "x-ratelimit-reset": "0.5" } })
          : Response.json(runAnswer());
      },
    });
    expect((await planned(fakeTerraform({ plan: STARTED }))).counts.add).toBe(3);
    expect(asked.filter((path) => path === RUN)).toHaveLength(3);
  });
});

describe("a speculative plan that cannot start", () => {
  it("reports the variable of a missing token", async () => {
    expect(await whyNot(fakeTerraform(), {})).toBe(
      `There is no token for ${HOST}: TF_TOKEN_tfe_example__notes_com is not set, and \`terraform login\` was not run. Set that variable, or run \`terraform login\`.`,
    );
  });

  it("reports how to install a missing Terraform", async () => {
    expect(await whyNot(join(folder, "none"))).toMatch(/^Terraform was not found: .*Install Terraform/);
  });

  it("reports a Terraform that HCP Terraform rejects, and starts nothing", async () => {
    const version = toolVersions.terraform.newestTested;
    expect(await whyNot(fakeTerraform({ version }))).toMatch(
      /^Terraform \S+ \(.*\) cannot use the workspaces in HCP Terraform/,
    );
    expect(existsSync(join(folder, "calls"))).toBe(false);
  });

  it("reports the error of `init` in one line without the token", async () => {
    const init = `╷\n│ Error: Failed to read workspace notejam-dev\n│ \n│ unauthorized: ${TOKEN}\n╵\n`;
    expect(await whyNot(fakeTerraform({ init, initStatus: 1 }))).toBe(
      `Could not prepare Terraform for notejam-dev: Failed to read workspace notejam-dev unauthorized: …. Check the token for ${HOST}, that the workspace notejam-dev exists, and the network.`,
    );
  });

  it("reports why there is no run", async () => {
    const plan = "│ Error: Insufficient rights to generate a plan\n";
    expect(await whyNot(fakeTerraform({ plan, planStatus: 1 }))).toMatch(
      /^Could not start the plan for notejam-dev: Insufficient rights to generate a plan\. Check/,
    );
  });

  it.each([
    [401, /the token is not valid\. Renew TF_TOKEN_tfe_example__notes_com/],
    [404, /permission to plan in this workspace/],
    [429, /too many requests/],
    [503, /status 503.*outages/],
  ])("reports what to do for status %d", async (status, message) => {
    fakeCloud({ [RUN]: () => new Response("", { status }) });
    const said = await whyNot(fakeTerraform({ plan: STARTED }));
    expect(said).toMatch(message);
    expect(said).not.toMatch(/\n|secret-token/);
  });

  it("reports the host that cannot be reached", async () => {
    fakeCloud({
      [RUN]: () =>
        Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") })),
    });
    expect(await whyNot(fakeTerraform({ plan: STARTED }))).toBe(
      `HCP Terraform cannot be reached at https://${HOST}: connect ECONNREFUSED. Check the network, then run the same command again.`,
    );
  });

  it("reports an unknown plan format", async () => {
    fakeCloud({
      [RUN]: () => Response.json(runAnswer()),
      [PLAN]: () => Response.json({ plan_format_version: "9.0" }),
    });
    expect(await whyNot(fakeTerraform({ plan: STARTED }))).toMatch(
      /plan of format "9\.0"; only 1\.x is supported/,
    );
  });
});

describe("the token", () => {
  it("is read from where Terraform reads it", () => {
    expect(tokenVariable("app.terraform.io")).toBe("TF_TOKEN_app_terraform_io");
    mkdirSync(join(folder, ".terraform.d"));
    const credentials = { credentials: { [HOST]: { token: "from-login" } } };
    writeFileSync(join(folder, ".terraform.d/credentials.tfrc.json"), JSON.stringify(credentials));
    expect(terraformToken(HOST, { HOME: folder })).toBe("from-login");
    expect(terraformToken(HOST, { HOME: folder, [tokenVariable(HOST)]: TOKEN })).toBe(TOKEN);
  });
});
