import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";

/** Server certificate, and the certificate authority that clients must trust. */
export interface ServerCertificate {
  readonly key: string;
  readonly certificate: string;
  /** File with the CA certificate, for `SSL_CERT_FILE` and `NODE_EXTRA_CA_CERTS`. */
  readonly authorityFile: string;
}

const EXTENSIONS = (names: readonly string[]) => `
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = ${names.map((name) => `DNS:${name}`).join(",")}
`;

/** Creates a CA that is valid for one day, and a certificate for some host names, with openssl. */
export async function certificateFor(names: readonly string[], folder: string): Promise<ServerCertificate> {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execa("openssl", args, { cwd: folder });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    ...["req", "-x509", ...newKey, "-keyout", "authority.key", "-out", "authority.pem"],
    ...["-days", "1", "-subj", "/CN=Notejam test authority", "-addext", "basicConstraints=critical,CA:TRUE"],
  );
  await openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", `/CN=${names[0]}`);
  writeFileSync(file("server.ext"), EXTENSIONS(names));
  await openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key"],
    ...["-CAcreateserial", "-days", "1", "-out", "server.pem", "-extfile", "server.ext"],
  );
  return {
    key: readFileSync(file("server.key"), "utf8"),
    certificate: readFileSync(file("server.pem"), "utf8"),
    authorityFile: file("authority.pem"),
  };
}
