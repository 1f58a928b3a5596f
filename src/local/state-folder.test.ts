import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { projectFolder, temporaryFolder } from "../../test/fakes/local-tools.js";
import { needs } from "../../test/required-tools.js";
import { synthesize } from "../terraform/synthesize-app.js";
import { chooseStateFolder, StateFolder, writeWhole } from "./state-folder.js";

/** A separate disk that is too small; undefined if the user may not mount one. */
function smallDisk(size: string): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", [folder]);
  });
  return folder;
}

describe("the state folder", () => {
  it("restores the last restore point, or an empty account without one", () => {
    const folder = new StateFolder(temporaryFolder());
    folder.prepare();
    writeFileSync(join(folder.account, "state"), "whole");
    folder.saveRestorePoint();
    writeFileSync(join(folder.account, "state"), "half");
    writeFileSync(folder.applyingFile, "notejam-dev");
    folder.returnToRestorePoint();
    expect(readFileSync(join(folder.account, "state"), "utf8")).toBe("whole");
    expect(existsSync(folder.applyingFile)).toBe(false);

    folder.forgetAccount();
    folder.returnToRestorePoint();
    expect(readdirSync(folder.account)).toEqual([]);
  });

  it("is ignored by Git", () => {
    const folder = new StateFolder(temporaryFolder());
    folder.prepare();
    expect(readFileSync(join(folder.path, ".gitignore"), "utf8")).toBe("*\n");
  });

  it("that is a file is reported in one line", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    expect(() => new StateFolder(path).prepare()).toThrow(/file exists where a folder is needed/);
  });

  it.runIf(process.getuid?.() !== 0)("that is not writable is reported in one line", () => {
    const path = temporaryFolder();
    chmodSync(path, 0o500);
    expect(() => new StateFolder(join(path, "state")).prepare()).toThrow(/permission is denied/);
  });

  it("keeps the old content of a file when the new one cannot be written", () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeWhole(file, "old");
    mkdirSync(`${file}.${process.pid}.draft`);
    expect(() => writeWhole(file, "new")).toThrow();
    expect(readFileSync(file, "utf8")).toBe("old");
  });
});

describe("a full disk", () => {
  it("is reported before anything is started", ({ skip }) => {
    const disk = smallDisk("1m") ?? skip("this user may not mount a small disk");
    const prepare = () => new StateFolder(join(disk, ".notejam")).prepare();
    expect(prepare).toThrow(/nearly full: \d+ MiB are free, 192 MiB are needed\. Free some space there/);
  });

  it("is reported in one line when a file does not fit, and leaves no partial file", ({ skip }) => {
    const disk = smallDisk("64k") ?? skip("this user may not mount a small disk");
    const file = join(disk, "override.tf.json");
    expect(() => writeWhole(file, "x".repeat(100_000))).toThrow(
      `Cannot write in ${file}: the disk is full. Free some space there, then run the same command again.`,
    );
    expect(readdirSync(disk)).toEqual([]);
  });

  it("in the output folder ends the synthesis with the app's message", async ({ skip }) => {
    const disk = smallDisk("64k") ?? skip("this user may not mount a small disk");
    const large = { terraform: {}, filler: "x".repeat(100_000) };
    const app = `
      import { writeFileSync } from "node:fs";
      try { writeFileSync(process.env.CDKTF_OUTDIR + "/cdk.tf.json", ${JSON.stringify(JSON.stringify(large))}); }
      catch (error) { console.error("Cannot write " + error.path + ": " + error.code + "."); process.exit(1); }
    `;
    const project = projectFolder(temporaryFolder(), {}, app);
    await expect(synthesize({ projectFolder: project, out: disk })).rejects.toThrow(
      /^Cannot write .*: ENOSPC\. Nothing was applied\.$/,
    );
  });
});

describe("the state folder's path", () => {
  /** A folder on a file system that is read-only. */
  function readOnlyFolder(): string {
    const folder = smallDisk("1m");
    if (folder === undefined) throw new Error("No file system can be mounted.");
    execFileSync("mount", ["-o", "remount,ro", folder]);
    return folder;
  }

  it("is the folder of the option, else .notejam in the project", () => {
    const projectFolder = temporaryFolder();
    expect(chooseStateFolder({ configured: "/elsewhere", projectFolder }).path).toBe("/elsewhere");
    const { path } = chooseStateFolder({ configured: undefined, projectFolder });
    expect(path).toBe(join(projectFolder, ".notejam"));
    expect(existsSync(path)).toBe(false);
  });

  it(
    "is in the user's state folder when the project is read-only",
    needs("permission to mount a file system"),
    () => {
      const projectFolder = readOnlyFolder();
      const home = temporaryFolder();
      const choose = (env: NodeJS.ProcessEnv) =>
        chooseStateFolder({ configured: undefined, projectFolder, home, env }).path;
      expect(choose({})).toMatch(new RegExp(`^${home}/\\.local/state/notejam/[0-9a-f]{12}$`));
      expect(choose({ XDG_STATE_HOME: join(home, "state") })).toMatch(new RegExp(`^${home}/state/notejam/`));
      expect(choose({})).toBe(choose({}));
    },
  );

  it(
    "is in the folder for temporary files when the home folder is read-only, too",
    needs("permission to mount a file system"),
    () => {
      const projectFolder = readOnlyFolder();
      const temporary = temporaryFolder();
      const props = { configured: undefined, projectFolder, home: projectFolder, env: {}, temporary };
      const { path } = chooseStateFolder(props);
      expect(path.startsWith(join(temporary, "notejam-0-"))).toBe(true);
      // Another user may have made that folder first.
      chownSync(path, 1234, 1234);
      expect(chooseStateFolder(props).path).toBe(join(projectFolder, ".notejam"));
    },
  );
});
