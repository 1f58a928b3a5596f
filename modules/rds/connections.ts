/** GiB of the smallest `large` of a family, from which the larger ones are multiples. */
const LARGE_GIB = { t: 8, r: 16, x: 32 } as const;

/** A class's size in multiples of `large`; `medium` is half of one. */
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
    throw new Error(`"${instanceClass}" is no instance class of Aurora PostgreSQL, such as db.r6g.large.`);
  }
  return { family, multiple: multipleOfLarge(size) };
}

/** Aurora's own upper limit, whatever the memory. */
const MOST_CONNECTIONS = 5000;

/** Bytes of memory for one connection in Aurora's formula. */
const BYTES_PER_CONNECTION = 9_531_392;

/**
 * How many connections an instance of Aurora PostgreSQL admits where nothing else is configured:
 * `LEAST({DBInstanceClassMemory/9531392}, 5000)`. A gigabyte counts as a billion bytes, as in AWS's table: what
 * the operating system takes is not the database's.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Managing.html
 * @throws Error for a class that Aurora PostgreSQL does not have
 */
export function defaultMaxConnections(instanceClass: string): number {
  const { family, multiple } = parse(instanceClass);
  const bytes = LARGE_GIB[family] * multiple * 1e9;
  return Math.min(MOST_CONNECTIONS, Math.floor(bytes / BYTES_PER_CONNECTION));
}

/** Virtual processors of an instance class: two up to `large`, then two for each multiple of it. */
export function databaseCpus(instanceClass: string): number {
  return 2 * Math.max(1, parse(instanceClass).multiple);
}
