import type { TaskMeta } from "vitest";
import type { Reporter, TestModule } from "vitest/node";

/** Prints one line for each missing tool: the number of skipped tests and how to install it. */
export default class SkippedToolsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const line of skippedTools(modules)) console.warn(line);
  }
}

/** Part of Vitest's test module that the reporter reads. */
interface TestedModule {
  readonly children: { allTests(state: "skipped"): Iterable<{ meta(): Pick<TaskMeta, "missingTools"> }> };
}

/** Returns lines such as `SKIPPED: 37 tests need kubectl. Install it: …`. */
export function skippedTools(modules: readonly TestedModule[]): string[] {
  const counts = new Map<string, number>();
  for (const { children } of modules) {
    for (const test of children.allTests("skipped")) {
      for (const tool of test.meta().missingTools ?? []) counts.set(tool, (counts.get(tool) ?? 0) + 1);
    }
  }
  return [...counts].map(([tool, count]) =>
    count === 1 ? `SKIPPED: 1 test needs ${tool}` : `SKIPPED: ${count} tests need ${tool}`,
  );
}
