import { execFile } from "node:child_process";
import { chownSync, copyFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { PostgresServer } from "./postgres-server.js";

const run = promisify(execFile);

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

/** A certificate and its key, as files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority of a test's own, made by OpenSSL. */
export class Authority implements Certificate {
  readonly certificate: string;
  readonly key: string;
  readonly #folder: string;

  private constructor(folder: string, name: string) {
    this.#folder = folder;
    this.certificate = path.join(folder, `${name}.pem`);
    this.key = path.join(folder, `${name}.key`);
  }

  /** @param name also begins the names of its files in the folder */
  static async create(folder: string, name: string): Promise<Authority> {
    const authority = new Authority(folder, name);
    await authority.#request(authority, name, ["CA:TRUE"]);
    return authority;
  }

  /** @param host name or IP address that the certificate is for */
  async issue(host: string): Promise<Certificate> {
    const files = {
      certificate: path.join(this.#folder, `${host}.pem`),
      key: path.join(this.#folder, `${host}.key`),
    };
    const kind = /^[\d.]+$/.test(host) ? "IP" : "DNS";
    const signer = ["-CA", this.certificate, "-CAkey", this.key];
    await this.#request(files, host, ["CA:FALSE", `${kind}:${host}`], signer);
    return files;
  }

  async #request(
    { certificate, key }: Certificate,
    name: string,
    [constraint, alternative]: readonly string[],
    signer: readonly string[] = [],
  ): Promise<void> {
    const config = `${key}.conf`;
    const names = alternative === undefined ? "" : `subjectAltName = ${alternative}\n`;
    writeFileSync(
      config,
      `[req]\ndistinguished_name = name\nx509_extensions = extensions\n[name]\n[extensions]\nbasicConstraints = critical,${constraint}\n${names}`,
    );
    const subject = ["-subj", `/O=Notejam's tests/CN=${name}`];
    const files = ["-config", config, "-keyout", key, "-out", certificate];
    await run("openssl", ["req", "-x509", ...KEY, ...subject, ...files, ...signer]);
  }
}

/** Starts a PostgreSQL server again with a certificate; without TLS it is still reached too. */
export async function serveTls(server: PostgresServer, { certificate, key }: Certificate): Promise<void> {
  const { uid, gid } = statSync(server.folder);
  const [cert, secret] = [certificate, key].map((file) => {
    const copy = path.join(server.folder, path.basename(file));
    copyFileSync(file, copy);
    // The server takes no key that others could read; OpenSSL made it so.
    chownSync(copy, uid, gid);
    return copy;
  });
  await server.stop();
  await server.resume("ssl=on", `ssl_cert_file=${cert}`, `ssl_key_file=${secret}`);
}
