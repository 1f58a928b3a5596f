import { describe, expect, it } from "vitest";
import { notejamWidgets } from "./dashboard.js";

describe("widgets of Notejam's dashboard", () => {
  const rows = notejamWidgets({
    region: "eu-west-1",
    environment: "dev",
    applicationLogGroupName: "/aws/containerinsights/notejam-dev/application",
  });

  it("show the backup metrics of the environment", () => {
    const text = JSON.stringify(rows[0]);
    for (const metric of ["BackupAge", "VerifiedBackupAge", "DumpBytes"]) {
      expect(text).toContain(`["Notejam/Backups","${metric}","Environment","dev",`);
    }
  });

  it("list the application's errors", () => {
    expect(rows[1]?.[0]?.properties.query).toMatch(
      /^SOURCE '\/aws\/containerinsights\/notejam-dev\/application' \| .*level >= 50/,
    );
  });
});
