/** Keys that have a replica in the DR region. */
export const REPLICATED_KEYS = ["rds", "s3", "ecr", "secrets"] as const;

/** Purpose of a key with a replica. */
export type ReplicatedKey = (typeof REPLICATED_KEYS)[number];

/** Purpose of a key, the first part of its alias. */
export type KeyPurpose = ReplicatedKey | "eks" | "ebs" | "logs" | "alerts";

/** Alias of a key, such as `alias/rds-cmk-prod`. */
export function keyAlias(purpose: KeyPurpose, name: string): string {
  return `alias/${purpose}-cmk-${name}`;
}

/** Alias of a key's replica in the DR region. */
export function replicaKeyAlias(alias: string): string {
  return `${alias}-replica`;
}
