import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chownSync, copyFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import forge from "node-forge";
import type { PostgresServer } from "./postgres-server.js";

const DAY_MS = 24 * 3_600_000;

/** Types of subject alternative names (RFC 5280, GeneralName). */
const NAME_TYPES = { dns: 2, ip: 7 } as const;

/** PEM files of a certificate and its key. Only this process's user can read the key. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate and its key in memory. */
interface Signer {
  readonly certificate: forge.pki.Certificate;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/** A certificate authority for one test. Its certificates are valid for two days. */
export class Authority implements Certificate {
  readonly certificate: string;
  readonly key: string;
  readonly #folder: string;
  readonly #signer: Signer;

  /**
   * Makes an authority.
   *
   * @param folder - folder for its files
   * @param name - its common name, and the name of its two files
   */
  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#signer = make(name, [{ name: "basicConstraints", critical: true, cA: true }]);
    ({ certificate: this.certificate, key: this.key } = write(folder, name, this.#signer));
  }

  /**
   * Makes a certificate for a server.
   *
   * @param host - name or IPv4 address that the certificate is for
   */
  issue(host: string): Certificate {
    const other = /^[\d.]+$/.test(host)
      ? { type: NAME_TYPES.ip, ip: host }
      : { type: NAME_TYPES.dns, value: host };
    const extensions = [
      { name: "basicConstraints", critical: true, cA: false },
      { name: "subjectAltName", altNames: [other] },
    ];
    return write(this.#folder, host, make(host, extensions, this.#signer));
  }
}

/** Makes a certificate. @param signer - the authority; undefined for a self-signed certificate */
function make(name: string, extensions: readonly object[], signer?: Signer): Signer {
  const { publicKey, privateKey: key } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // RFC 5280 requires a positive number.
  certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + 2 * DAY_MS);
  const subject = [
    { name: "organizationName", value: "Notejam's tests" },
    { name: "commonName", value: name },
  ];
  certificate.setSubject(subject);
  certificate.setIssuer(signer?.certificate.subject.attributes ?? subject);
  certificate.setExtensions([...extensions]);
  certificate.sign(forge.pki.privateKeyFromPem(signer?.key ?? key), forge.md.sha256.create());
  return { certificate, key };
}

function write(folder: string, name: string, { certificate, key }: Signer): Certificate {
  const files = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
  writeFileSync(files.certificate, forge.pki.certificateToPem(certificate).replaceAll("\r", ""));
  writeFileSync(files.key, key, { mode: 0o600 });
  return files;
}

/** Starts a PostgreSQL server again with a certificate; without TLS it is still reached too. */
export async function serveTls(server: PostgresServer, { certificate, key }: Certificate): Promise<void> {
  const { uid, gid } = statSync(server.folder);
  const [cert, secret] = [certificate, key].map((file) => {
    const copy = path.join(server.folder, path.basename(file));
    copyFileSync(file, copy);
    // PostgreSQL rejects a key that other users can read.
    chownSync(copy, uid, gid);
    return copy;
  });
  await server.stop();
  await server.resume("ssl=on", `ssl_cert_file=${cert}`, `ssl_key_file=${secret}`);
}
