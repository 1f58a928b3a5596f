import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { OperationsRepository, type OperationsRepositoryProps } from "./operations-repository.js";

const repositoryWith = (changes: Partial<OperationsRepositoryProps> = {}) =>
  synthesize(
    (scope) =>
      new OperationsRepository(scope, "repository", {
        name: "operations-k8s-test",
        environment: "test",
        files: [
          { path: "a/one.yaml", content: "host: ${HOST}\nlog: '%{x}'\n" },
          { path: "a-one.yaml", content: "" },
        ],
        unmanagedFiles: [],
        imageUpdates: "push",
        archiveOnDestroy: false,
        ...changes,
      }),
  );

describe("OperationsRepository", () => {
  it("writes each file to main, with escaped template sequences", () => {
    const files = repositoryWith().resources("github_repository_file");
    expect(files.map(({ file, content, branch }) => [file, content, branch])).toEqual(
      expect.arrayContaining([
        ["a/one.yaml", "host: $${HOST}\nlog: '%%{x}'\n", "main"],
        ["a-one.yaml", "", "main"],
      ]),
    );
  });

  it("ignores changes of unmanaged files", () => {
    const stack = repositoryWith({ unmanagedFiles: ["a/one.yaml"] });
    expect(stack.one("github_repository_file", /a--one/).lifecycle).toEqual({ ignore_changes: ["content"] });
    expect(stack.one("github_repository_file", /a-one/).lifecycle).toBeUndefined();
  });

  it("rejects an unmanaged file that is not in the list", () => {
    expect(() => repositoryWith({ unmanagedFiles: ["gone.yaml"] })).toThrow(
      /unmanagedFiles contains .*gone\.yaml, which is not in files/,
    );
  });

  it("lets workflows open pull requests, with read permission by default", () => {
    expect(repositoryWith().one("github_workflow_repository_permissions")).toMatchObject({
      default_workflow_permissions: "read",
      can_approve_pull_request_reviews: true,
    });
  });
});
