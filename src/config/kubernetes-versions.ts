/**
 * Last day of EKS standard support of each Kubernetes version, ISO date. Afterwards AWS upgrades a cluster with the
 * STANDARD upgrade policy automatically, and an older version in the configuration would mean a downgrade.
 * https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html#kubernetes-release-calendar
 */
const END_OF_STANDARD_SUPPORT: Readonly<Record<string, string>> = {
  "1.31": "2025-11-26",
  "1.32": "2026-03-23",
  "1.33": "2026-07-29",
  "1.34": "2026-12-02",
  "1.35": "2027-03-27",
  "1.36": "2027-08-02",
};

/** Number of days before the end of standard support from which on checks warn. */
const WARNING_DAYS = 90;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Returns the last day of EKS standard support of a version, ISO date; undefined for an unknown version. */
export function endOfStandardSupport(version: string): string | undefined {
  return END_OF_STANDARD_SUPPORT[version];
}

/** Returns the versions in standard support on a day, oldest first. */
export function versionsInStandardSupport(today: Date): string[] {
  return Object.keys(END_OF_STANDARD_SUPPORT).filter((version) => isInStandardSupport(version, today));
}

/** Returns whether a version is in standard support on a day (in UTC). */
export function isInStandardSupport(version: string, today: Date): boolean {
  const end = END_OF_STANDARD_SUPPORT[version];
  return end !== undefined && today.toISOString().slice(0, 10) <= end;
}

/**
 * Returns whether the standard support of a version has ended, or its last day is at most 90 days away (in UTC). False
 * for an unknown version.
 */
export function isNearEndOfSupport(version: string, today: Date): boolean {
  const end = END_OF_STANDARD_SUPPORT[version];
  return end !== undefined && today.getTime() >= Date.parse(end) - WARNING_DAYS * DAY_MS;
}
