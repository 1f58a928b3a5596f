import { describe, expect, it, vi } from "vitest";
import toolVersions from "../tool-versions.json" with { type: "json" };
import { emulatorCommand } from "./emulator.js";
import { testEmulator } from "./emulator-tests.js";
import { findEmulator } from "./find-emulator.js";

const installation = await findEmulator().catch(() => undefined);

testEmulator("a running emulator", installation);

describe("the command that runs the emulator", () => {
  it("gives a container only the extension, the state's folder and the loopback port", () => {
    const { program, args } = emulatorCommand(
      { kind: "docker", docker: "docker", image: "motoserver/moto:5.2.1", warnings: [] },
      { port: 4711, stateFile: "/home/user/.notejam/aws.state" },
    );
    const line = args.join(" ");
    expect(program).toBe("docker");
    expect(line).toContain("--publish 127.0.0.1:4711:4711");
    expect(line).toMatch(/--volume \S+\/extension:\/extension:ro/);
    expect(line).toContain("--volume /home/user/.notejam:/state");
    expect(line).toContain("--state /state/aws.state");
    const { minimum, newestTested } = toolVersions.moto;
    expect(line).toContain(`--supported-moto ${minimum} ${newestTested}`);
    expect(line).toContain("--entrypoint python motoserver/moto:5.2.1 /extension/server.py");
  });

  it("removes the user's AWS settings", () => {
    vi.stubEnv("AWS_PROFILE", "production");
    const { env } = emulatorCommand(
      { kind: "python", python: "python3", motoVersion: "5.2.1", warnings: [] },
      { port: 4711 },
    );
    vi.unstubAllEnvs();
    expect(env).not.toHaveProperty("AWS_PROFILE");
    expect(env).toHaveProperty("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
  });
});
