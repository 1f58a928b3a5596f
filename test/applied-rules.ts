import type { BucketSettings, LifecycleRule } from "./simulators/bucket-lifecycle.js";

/**
 * A bucket's lifecycle rules and Object Lock settings, read from responses of S3.
 *
 * @param lifecycle - response to `GET /<bucket>?lifecycle`
 * @param objectLock - response to `GET /<bucket>?object-lock`
 */
export function appliedSettings(lifecycle: string, objectLock: string): BucketSettings {
  return { rules: elements(lifecycle, "Rule").filter(isEnabled).map(ruleOf), lockDays: days(objectLock) };
}

const isEnabled = (rule: string) => text(rule, "Status") === "Enabled";

function ruleOf(rule: string): LifecycleRule {
  const [expiration = ""] = elements(rule, "Expiration");
  const [noncurrent = ""] = elements(rule, "NoncurrentVersionExpiration");
  const [abort = ""] = elements(rule, "AbortIncompleteMultipartUpload");
  return {
    id: text(rule, "ID") ?? "",
    prefix: text(rule, "Prefix") ?? "",
    expirationDays: days(expiration),
    removesOrphanedMarkers: text(expiration, "ExpiredObjectDeleteMarker") === "true",
    noncurrentDays: days(noncurrent, "NoncurrentDays"),
    transitions: elements(rule, "Transition").map((transition) => ({
      days: days(transition) ?? 0,
      storageClass: text(transition, "StorageClass") ?? "",
    })),
    abortUploadsAfterDays: days(abort, "DaysAfterInitiation"),
  };
}

/** Contents of all elements with a name. Elements with the same name must not be nested. */
function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, "g"))].map(([, inner = ""]) => inner);
}

const text = (xml: string, name: string) => elements(xml, name)[0]?.trim();

function days(xml: string, name = "Days"): number | undefined {
  const found = text(xml, name);
  return found === undefined ? undefined : Number(found);
}
