import { expect, it } from "vitest";
import { Overloaded, WorkQueue } from "./work-queue.js";

it("limits running and waiting tasks, keeps their order, and rejects the rest", async () => {
  const queue = new WorkQueue(2, 3);
  const finish: (() => void)[] = [];
  const started: number[] = [];
  const work = (number: number) =>
    queue.run(() => {
      started.push(number);
      return new Promise<void>((resolve) => finish.push(resolve));
    });
  const all = [1, 2, 3, 4, 5].map(work);
  await expect(work(6)).rejects.toThrow(Overloaded);
  expect(started).toEqual([1, 2]);
  for (let number = 0; number < 5; number += 1) {
    finish[number]?.();
    await all[number];
  }
  expect(started).toEqual([1, 2, 3, 4, 5]);
});

it("continues after a failed task", async () => {
  const queue = new WorkQueue(1, 1);
  await expect(queue.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await queue.run(async () => "fine")).toBe("fine");
});
