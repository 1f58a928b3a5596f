import { codeOf } from "./errors.js";

// https://nodejs.org/api/tls.html#x509-certificate-error-codes
const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
const NOT_NOW = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);
const ANOTHER_NAME = "ERR_TLS_CERT_ALTNAME_INVALID";
// Error of the driver without a code.
const NO_TLS = "The server does not support SSL connections";

function reasonOf(error: Error, host: string): string | undefined {
  const code = codeOf(error);
  if (UNKNOWN_AUTHORITY.has(code)) {
    return `the certificate of ${host} is not signed by an authority in DATABASE_CA_FILE. Add the CA certificate of the database server to that file`;
  }
  if (code === ANOTHER_NAME) {
    const names = "cert" in error ? namesOf(error.cert) : "";
    return `the server at ${host} has a certificate for another name${names}. Use that name in POSTGRES_URL or DATABASE_URL`;
  }
  if (NOT_NOW.has(code)) return `the certificate of ${host} is not valid at this time`;
  if (error.message === NO_TLS)
    return `the server at ${host} does not support TLS, which DATABASE_TLS requires`;
  return undefined;
}

function namesOf(certificate: unknown): string {
  if (typeof certificate !== "object" || certificate === null || !("subjectaltname" in certificate))
    return "";
  return ` (${certificate.subjectaltname})`;
}

/** Explains an error of the server's certificate. Returns any other error unchanged. */
export function explainTls(error: unknown, host: string): unknown {
  const reason = error instanceof Error ? reasonOf(error, host) : undefined;
  // Without the cause, because the log shows the innermost error.
  return reason === undefined ? error : new Error(reason);
}
