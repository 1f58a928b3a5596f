import { X509Certificate } from "node:crypto";

/**
 * Picks the certificates of authorities out of a file, which the application will trust to vouch for its database.
 *
 * @throws when there is none, or one that is no authority's: a proxy's page instead of the file, for example
 */
export function checkedCertificates(text: string): string {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw new Error("The file of the database's authorities holds no certificate.");
  for (const each of found) {
    const { ca, subject } = new X509Certificate(each);
    if (!ca) throw new Error(`Not the certificate of an authority: ${subject.replaceAll("\n", ", ")}`);
  }
  return `${found.join("\n")}\n`;
}
