/** Shorter secrets (a `db_user` from the user's environment) can be ordinary words. */
const SHORTEST_HIDDEN = 8;

/** Replaces secrets in a text that is shown or logged. Terraform also hides sensitive values itself. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const spellings = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return spellings
    .filter((secret) => secret.length >= SHORTEST_HIDDEN)
    .reduce((shown, secret) => shown.replaceAll(secret, "(hidden)"), text);
}
