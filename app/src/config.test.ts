import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "./config.js";

describe("the configuration", () => {
  it("works without any", () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 3000,
      metricsPort: 9090,
      rateLimitFactor: 1,
      trustProxy: 0,
    });
    expect(config.database).toEqual({ kind: "folder", folder: path.resolve(".notejam/database") });
    expect(config.mail).toEqual({ kind: "folder", folder: path.resolve(".notejam/mail") });
  });

  it("lists all errors with allowed values, without secrets", () => {
    const wrong = {
      PORT: "http",
      BASE_URL: "notes.example.com",
      DATABASE_URL: "mysql://user:hunter2@host/db",
      MAIL_URL: "smtp://user:hunter2@host",
      MAIL_DIR: "mails",
      APP_TIMEZONE: "Berlin",
      TRUST_PROXY: "true",
      RATE_LIMIT: "-1",
      LOG_LEVEL: "loud",
    };
    const attempt = () => readConfig(wrong);
    expect(attempt).toThrow(ConfigError);
    for (const name of [
      "PORT",
      "BASE_URL",
      "DATABASE_URL",
      "APP_TIMEZONE",
      "TRUST_PROXY",
      "RATE_LIMIT",
      "LOG_LEVEL",
    ]) {
      expect(attempt).toThrow(new RegExp(`- ${name}: `));
    }
    expect(attempt).not.toThrow(/hunter2/);
  });

  it("explains how to write a password with a percent sign in an address", () => {
    const attempt = () => readConfig({ DATABASE_URL: "postgres://me:hunter%2%@host/db" });
    expect(attempt).toThrow(/- DATABASE_URL: must encode a percent sign as %25/);
    expect(attempt).not.toThrow(/hunter/);
  });

  it("takes a database's address of IP version 6", () => {
    const { database } = readConfig({ DATABASE_URL: "postgres://me@[::1]:5433/db" });
    expect(database).toMatchObject({ host: "::1", port: 5433 });
  });

  it("takes the four parts of the database's address from the environment", () => {
    const env = {
      POSTGRES_USER: "me",
      POSTGRES_PASS: "p:@/ß",
      POSTGRES_DB: "notes",
      POSTGRES_URL: "db.internal:6432",
    };
    const { database } = readConfig(env);
    expect(database).toMatchObject({
      kind: "server",
      host: "db.internal",
      port: 6432,
      user: "me",
      database: "notes",
    });
    expect(database.kind === "server" && database.password()).toBe("p:@/ß");
    expect(() => readConfig({ POSTGRES_USER: "me" })).toThrow(
      /POSTGRES_PASS, POSTGRES_DB, POSTGRES_URL: missing/,
    );
  });

  it("takes them from mounted files, and the password anew when it was rotated", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "notejam-secrets-"));
    const values = {
      POSTGRES_USER: "me",
      POSTGRES_PASS: "first\n",
      POSTGRES_DB: "notes",
      POSTGRES_URL: "db.internal",
    };
    for (const [name, value] of Object.entries(values)) writeFileSync(path.join(folder, name), value);
    const { database } = readConfig({ SECRETS_DIR: folder });
    expect(database).toMatchObject({
      kind: "server",
      host: "db.internal",
      port: 5432,
      user: "me",
      database: "notes",
    });
    expect(database.kind === "server" && database.password()).toBe("first");
    writeFileSync(path.join(folder, "POSTGRES_PASS"), "second");
    expect(database.kind === "server" && database.password()).toBe("second");
  });

  it("verifies the server's certificate when asked", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "notejam-ca-"));
    writeFileSync(path.join(folder, "ca.pem"), "certificate");
    const parts = { POSTGRES_USER: "a", POSTGRES_PASS: "b", POSTGRES_DB: "c", POSTGRES_URL: "d" };
    const tls = { DATABASE_TLS: "verify", DATABASE_CA_FILE: path.join(folder, "ca.pem") };
    expect(readConfig({ ...parts, ...tls }).database).toMatchObject({ tls: { ca: "certificate" } });
    expect(readConfig({ DATABASE_URL: "postgres://a@b/c?sslmode=require" }).database).toMatchObject({
      tls: { ca: undefined },
    });
    expect(readConfig({ DATABASE_URL: "postgres://a@b/c" }).database).toMatchObject({ tls: undefined });
    expect(() => readConfig({ DATABASE_CA_FILE: "/nowhere.pem" })).toThrow(/DATABASE_CA_FILE: the file/);
  });

  it.each([
    ["0", 0],
    ["2", 2],
    ["10.0.0.0/16, 2001:db8::/32", ["10.0.0.0/16", "2001:db8::/32"]],
  ])("trusts the proxies %s", (text, trusted) => {
    expect(readConfig({ TRUST_PROXY: text }).trustProxy).toEqual(trusted);
  });

  it("selects the mail transport", () => {
    expect(readConfig({ MAIL_URL: "smtps://u:p@mail.example.com" }).mail).toMatchObject({ kind: "smtp" });
    expect(readConfig({ MAIL_URL: "ses://eu-west-1" }).mail).toEqual({ kind: "ses", region: "eu-west-1" });
    expect(readConfig({ MAIL_DIR: "/tmp/mails" }).mail).toEqual({ kind: "folder", folder: "/tmp/mails" });
  });
});
