import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { Flux } from "./flux.js";
import { fluxInstanceValues } from "./values.js";

describe("Flux", () => {
  const stack = synthesize((scope) => {
    new Flux(scope, "flux", {
      clusterName: "notejam-test",
      sourceName: "test-source",
      repository: { name: "operations-k8s-test", owner: "example", branch: "main", files: [] },
      clusterVars: { HOST_NAME: "notes.example.org" },
    });
  });

  it("runs in a restricted namespace, and ignores labels that Flux adds", () => {
    expect(stack.one("kubernetes_namespace_v1")).toMatchObject({
      metadata: { name: "flux-system", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      lifecycle: { ignore_changes: ["metadata[0].labels", "metadata[0].annotations"] },
    });
  });

  it("stores the variables in a ConfigMap", () => {
    expect(stack.one("kubernetes_config_map_v1").data).toEqual({ HOST_NAME: "notes.example.org" });
  });

  it("generates the deploy key in a restricted pod", () => {
    const { spec } = stack.one("kubernetes_job_v1");
    expect(spec).toMatchObject({
      template: {
        spec: {
          service_account_name: "flux-operator",
          security_context: { run_as_non_root: true, seccomp_profile: { type: "RuntimeDefault" } },
          container: [
            {
              image: expect.stringMatching(/^ghcr\.io\/fluxcd\/flux-cli:v\d+\.\d+\.\d+$/),
              security_context: {
                allow_privilege_escalation: false,
                read_only_root_filesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    });
  });

  it("uses GitHub's host keys from its API", () => {
    expect(JSON.stringify(stack.one("kubernetes_job_v1").spec)).toMatch(
      /known_hosts.*join\(.*formatlist\(\\"github\.com %s\\", data\.github_ssh_keys\.[\w-]+\.keys\)/,
    );
  });
});

describe("the values of the Flux instance", () => {
  const { instance } = fluxInstanceValues({
    fluxVersion: "2.9.4",
    sourceName: "test-source",
    url: "ssh://git@github.com/example/operations-k8s-test.git",
    branch: "main",
    folder: "clusters/services",
    pullSecret: "flux-system",
    clusterVars: "cluster-vars",
  });
  const patchesOf = (name: string) =>
    instance.kustomize.patches
      .filter(({ target }) => new RegExp(`^${target.name}$`).test(name))
      .flatMap(({ patch }): unknown[] => JSON.parse(patch));

  it("include the controllers of image automation", () => {
    expect(instance.components).toEqual(
      expect.arrayContaining(["image-reflector-controller", "image-automation-controller"]),
    );
  });

  it("increase the memory of the source controller, and fail on undefined variables", () => {
    expect(patchesOf("source-controller")).toEqual([
      { op: "replace", path: "/spec/template/spec/containers/0/resources/limits/memory", value: "1500Mi" },
    ]);
    expect(JSON.stringify(patchesOf("kustomize-controller"))).toContain("StrictPostBuildSubstitutions=true");
  });

  it("let the root Kustomization substitute variables", () => {
    expect(patchesOf("test-source")).toEqual([
      {
        op: "add",
        path: "/spec/postBuild",
        value: { substituteFrom: [{ kind: "ConfigMap", name: "cluster-vars" }] },
      },
    ]);
  });
});
