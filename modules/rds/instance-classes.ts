/** Memory of the size `large` by family, in GiB. Larger sizes are multiples of it. */
const LARGE_GIB = { t: 8, r: 16, x: 32 } as const;

/** Returns the size in multiples of `large`. `medium` is 0.5. */
function multipleOfLarge(size: string): number {
  if (size === "medium") return 0.5;
  if (size === "large") return 1;
  return 2 * Number(/^(\d*)xlarge$/.exec(size)?.[1] || 1);
}

interface InstanceClass {
  readonly family: keyof typeof LARGE_GIB;
  readonly multiple: number;
}

function parse(instanceClass: string): InstanceClass {
  const [, family, size = ""] = /^db\.([trx])[^.]*\.(medium|large|\d*xlarge)$/.exec(instanceClass) ?? [];
  if (family !== "t" && family !== "r" && family !== "x") {
    throw new Error(
      `"${instanceClass}" is not an instance class of Aurora PostgreSQL. Use one such as db.r6g.large.`,
    );
  }
  return { family, multiple: multipleOfLarge(size) };
}

/** Upper limit of Aurora, independent of the memory. */
const MAX_CONNECTIONS = 5000;

/** Memory per connection in Aurora's formula, in bytes. */
const BYTES_PER_CONNECTION = 9_531_392;

/**
 * Returns the default of `max_connections` for an instance class of Aurora PostgreSQL:
 * `LEAST({DBInstanceClassMemory/9531392}, 5000)`. A gigabyte is a billion bytes, like in AWS's table, because
 * `DBInstanceClassMemory` excludes the memory of the operating system.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Managing.html
 * @throws Error if Aurora PostgreSQL does not offer the class
 */
export function defaultMaxConnections(instanceClass: string): number {
  const { family, multiple } = parse(instanceClass);
  const bytes = LARGE_GIB[family] * multiple * 1e9;
  return Math.min(MAX_CONNECTIONS, Math.floor(bytes / BYTES_PER_CONNECTION));
}

/** Returns the vCPUs of an instance class: two up to `large`, then two per multiple of it. */
export function databaseCpus(instanceClass: string): number {
  return 2 * Math.max(1, parse(instanceClass).multiple);
}
