import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import path from "node:path";
import { z } from "zod";
import type { AdminLogin } from "./database/application-login.js";

/** Connection to the database. */
export type DatabaseConfig =
  | {
      readonly kind: "folder";
      /** Folder of the embedded PostgreSQL. */
      readonly folder: string;
    }
  | {
      readonly kind: "server";
      /** All settings except the password, which may be rotated while the application runs. */
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly database: string;
      /** Read again for each new connection, so that a rotated secret needs no restart. */
      readonly password: () => string;
      readonly tls: TlsConfig | undefined;
      /** Maximum number of connections per process. */
      readonly poolSize: number;
      /**
       * Login of the master user, with which a migration creates the application's login; undefined: the login exists.
       */
      readonly admin: AdminLogin | undefined;
    };

/** Configuration of a PostgreSQL server. */
export type ServerConfig = Extract<DatabaseConfig, { kind: "server" }>;

/** Trusted certificates; undefined: those of Node. */
interface TlsConfig {
  readonly ca: string | undefined;
  /** File of the certificates, for other programs. */
  readonly caFile: string | undefined;
}

/** Backup storage. Only the backup commands need it. */
export interface BackupConfig {
  /** Name of the bucket; undefined: backups are not configured. */
  readonly bucket: string | undefined;
  /** ARN of the key that encrypts dumps; undefined: the default encryption of the bucket. */
  readonly keyArn: string | undefined;
  /** URL of an S3-compatible server; undefined: AWS. */
  readonly endpoint: string | undefined;
  /** Environment name in CloudWatch metrics; undefined: no metrics are sent. */
  readonly metricsEnvironment: string | undefined;
  /** Folder of pg_dump and pg_restore; undefined: they are on the PATH. */
  readonly toolsFolder: string | undefined;
}

/** Destination of mails. */
export type MailConfig =
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "smtp"; readonly url: string }
  | { readonly kind: "ses"; readonly region: string };

/** The validated configuration. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Port of the Prometheus metrics; undefined: disabled. */
  readonly metricsPort: number | undefined;
  /** True if the metrics port is set explicitly. Failing to open it is then an error. */
  readonly metricsRequired: boolean;
  /** Public address without a trailing slash; undefined: the address that is listened on. */
  readonly baseUrl: string | undefined;
  readonly database: DatabaseConfig;
  readonly backup: BackupConfig;
  readonly mail: MailConfig;
  readonly mailFrom: string;
  readonly timeZone: string;
  /** Number of proxies in front, or the addresses and networks that are proxies. */
  readonly trustProxy: number | readonly string[];
  /** Factor on all rate limits; 0: no limits. */
  readonly rateLimitFactor: number;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
  /** Seconds to keep serving after SIGTERM, until load balancers have removed this process. */
  readonly drainSeconds: number;
}

/** Invalid configuration. The message lists all errors. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

const PORT_TEXT = "a port number from 0 to 65535";
const port = z.coerce
  .number({ error: `must be ${PORT_TEXT}` })
  .int()
  .min(0)
  .max(65_535, `must be ${PORT_TEXT}`);

const timeZone = z.string().refine(
  (zone) => {
    try {
      new Intl.DateTimeFormat("en", { timeZone: zone });
      return true;
    } catch {
      return false;
    }
  },
  { error: "must be an IANA time zone such as Europe/Berlin" },
);

const baseUrl = z
  .string()
  .refine(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      return url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "";
    },
    { error: "must be an http or https address without a path, such as https://notes.example.com" },
  )
  .transform((text) => new URL(text).origin);

function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const trustProxy = z.string().transform((text, context): number | string[] => {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const networks = text.split(",").map((part) => part.trim());
  if (networks.every(isNetwork)) return networks;
  context.addIssue({
    code: "custom",
    message:
      "must be the exact number of proxies in front (0, 1, 2 …) or their addresses or networks, separated by commas",
  });
  return z.NEVER;
});

const rateLimit = z.string().transform((text, context) => {
  if (text === "on") return 1;
  if (text === "off") return 0;
  const factor = Number(text);
  if (factor > 0 && Number.isFinite(factor)) return factor;
  context.addIssue({
    code: "custom",
    message: "must be on, off, or a factor such as 4 (four times the limits)",
  });
  return z.NEVER;
});

/** Returns true if every part of the address can be decoded. A percent sign in a password must be written as %25. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(new URL(text).href);
    return true;
  } catch {
    return false;
  }
}

const databaseUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol), {
    error: "must look like postgres://<user>:<password>@<host>:5432/<database>",
    abort: true,
  })
  .refine(isDecodable, { error: "must encode a percent sign as %25" });

const mailUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^(smtps?|ses):$/.test(new URL(text).protocol), {
    error: "must be smtp://…, smtps://… or ses://<region>",
  });

const variables = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: port.default(3000),
  METRICS_PORT: z.union([z.literal("off"), port], { error: `must be ${PORT_TEXT}, or off` }).optional(),
  BASE_URL: baseUrl.optional(),
  DATA_DIR: z.string().default(".notejam"),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_TLS: z.enum(["off", "verify"], { error: "must be off or verify" }).optional(),
  DATABASE_CA_FILE: z.string().optional(),
  DATABASE_POOL: z.coerce
    .number({ error: "must be a number of connections from 1 to 100" })
    .int()
    .min(1)
    .max(100)
    .default(10),
  POSTGRES_USER: z.string().optional(),
  POSTGRES_PASS: z.string().optional(),
  POSTGRES_DB: z.string().optional(),
  POSTGRES_URL: z.string().optional(),
  POSTGRES_ADMIN_USER: z.string().optional(),
  POSTGRES_ADMIN_PASS: z.string().optional(),
  BACKUP_BUCKET: z.string().optional(),
  BACKUP_KEY_ARN: z
    .string()
    .startsWith("arn:", { error: "must be the ARN of a key, starting with arn:" })
    .optional(),
  AWS_ENDPOINT_URL: z.string().optional(),
  AWS_ENDPOINT_URL_S3: z.string().optional(),
  METRICS_ENVIRONMENT: z.string().optional(),
  PGBIN: z.string().optional(),
  MAIL_URL: mailUrl.optional(),
  MAIL_DIR: z.string().optional(),
  MAIL_FROM: z.string().min(3).default("Notejam <from@notejamapp.com>"),
  APP_TIMEZONE: timeZone.default("Europe/Berlin"),
  TRUST_PROXY: trustProxy.default(0),
  RATE_LIMIT: rateLimit.default(1),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  DRAIN_SECONDS: z.coerce
    .number({ error: "must be a number of seconds from 0 to 20" })
    .min(0)
    .max(20, "must be a number of seconds from 0 to 20")
    .default(5),
});
type Variables = z.output<typeof variables>;

const POSTGRES_PARTS = ["POSTGRES_USER", "POSTGRES_PASS", "POSTGRES_DB", "POSTGRES_URL"] as const;
const NAMES = Object.keys(variables.shape);

/** Path of the file that contains a variable's value, or undefined. */
function fileOf(name: string, env: Environment): string | undefined {
  const file = env[`${name}_FILE`];
  if (file) return file;
  if (!env.SECRETS_DIR || !name.startsWith("POSTGRES_")) return undefined;
  const mounted = path.join(env.SECRETS_DIR, name);
  // Only migrations also get the login of the master user.
  return name.startsWith("POSTGRES_ADMIN_") && !existsSync(mounted) ? undefined : mounted;
}

/** Reads values from the environment, then from files. An empty value counts as missing. */
function gather(env: Environment, errors: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of NAMES) {
    const value = env[name];
    if (value) {
      found[name] = value;
      continue;
    }
    const file = fileOf(name, env);
    if (!file) continue;
    try {
      found[name] = readFileSync(file, "utf8").trim();
    } catch {
      errors.push(`${name}: the file ${file} cannot be read`);
    }
  }
  return found;
}

/** Returns errors that concern several variables. */
function contradictions(values: Variables): string[] {
  const errors: string[] = [];
  const missing = POSTGRES_PARTS.filter((name) => !values[name]);
  if (!values.DATABASE_URL && missing.length > 0 && missing.length < POSTGRES_PARTS.length) {
    errors.push(`${missing.join(", ")}: missing. Set all four of ${POSTGRES_PARTS.join(", ")}`);
  }
  if (Boolean(values.POSTGRES_ADMIN_USER) !== Boolean(values.POSTGRES_ADMIN_PASS)) {
    errors.push("POSTGRES_ADMIN_USER, POSTGRES_ADMIN_PASS: set both or neither");
  }
  if (values.MAIL_URL && values.MAIL_DIR) errors.push("MAIL_URL, MAIL_DIR: set only one of them");
  return errors;
}

function tlsOf(values: Variables, fromUrl: string | null): TlsConfig | undefined {
  const asked = values.DATABASE_TLS ?? (fromUrl && fromUrl !== "disable" ? "verify" : "off");
  if (asked === "off") return undefined;
  const caFile = values.DATABASE_CA_FILE;
  return { ca: caFile ? readFileSync(caFile, "utf8") : undefined, caFile };
}

/** Removes the brackets of an IPv6 address in a URL. */
function hostOf({ hostname }: URL): string {
  return decodeURIComponent(hostname).replace(/^\[(.*)\]$/, "$1");
}

function splitHost(host: string): { host: string; port: number } {
  const match = /^(?<name>.*?)(?::(?<port>\d{1,5}))?$/.exec(host);
  return { host: match?.groups?.name ?? host, port: Number(match?.groups?.port ?? 5432) };
}

function adminOf(values: Variables): AdminLogin | undefined {
  const { POSTGRES_ADMIN_USER: user, POSTGRES_ADMIN_PASS: password } = values;
  return user && password ? { user, password: () => password } : undefined;
}

function databaseOf(values: Variables, env: Environment): DatabaseConfig {
  const poolSize = values.DATABASE_POOL;
  if (values.DATABASE_URL) {
    const url = new URL(values.DATABASE_URL);
    const password = decodeURIComponent(url.password);
    return {
      kind: "server",
      host: url.searchParams.get("host") ?? hostOf(url),
      port: Number(url.port || 5432),
      user: decodeURIComponent(url.username),
      database: decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username),
      password: () => password,
      tls: tlsOf(values, url.searchParams.get("sslmode")),
      poolSize,
      admin: adminOf(values),
    };
  }
  if (!values.POSTGRES_URL) return { kind: "folder", folder: path.resolve(values.DATA_DIR, "database") };
  const given = values.POSTGRES_PASS ?? "";
  const file = env.POSTGRES_PASS ? undefined : fileOf("POSTGRES_PASS", env);
  return {
    kind: "server",
    ...splitHost(values.POSTGRES_URL),
    user: values.POSTGRES_USER ?? "",
    database: values.POSTGRES_DB ?? "",
    password: () => (file ? readFileSync(file, "utf8").trim() : given),
    tls: tlsOf(values, null),
    poolSize,
    admin: adminOf(values),
  };
}

function backupOf(values: Variables): BackupConfig {
  return {
    bucket: values.BACKUP_BUCKET,
    keyArn: values.BACKUP_KEY_ARN,
    endpoint: values.AWS_ENDPOINT_URL_S3 ?? values.AWS_ENDPOINT_URL,
    metricsEnvironment: values.METRICS_ENVIRONMENT,
    toolsFolder: values.PGBIN,
  };
}

function mailOf(values: Variables): MailConfig {
  if (!values.MAIL_URL) {
    return { kind: "folder", folder: path.resolve(values.MAIL_DIR ?? path.join(values.DATA_DIR, "mail")) };
  }
  const url = new URL(values.MAIL_URL);
  return url.protocol === "ses:"
    ? { kind: "ses", region: url.hostname }
    : { kind: "smtp", url: values.MAIL_URL };
}

/**
 * Reads and validates the configuration.
 *
 * @throws {ConfigError} with all invalid variables and their allowed values, without secrets
 */
export function readConfig(env: Environment): Config {
  const errors: string[] = [];
  const result = variables.safeParse(gather(env, errors));
  if (!result.success) {
    for (const issue of result.error.issues) errors.push(`${issue.path.join(".")}: ${issue.message}`);
  } else {
    errors.push(...contradictions(result.data));
    if (result.data.DATABASE_CA_FILE) {
      try {
        readFileSync(result.data.DATABASE_CA_FILE);
      } catch {
        errors.push(`DATABASE_CA_FILE: the file ${result.data.DATABASE_CA_FILE} cannot be read`);
      }
    }
  }
  if (!result.success || errors.length > 0) {
    const list = errors.map((error) => `  - ${error}`).join("\n");
    throw new ConfigError(
      `Invalid configuration in the environment:\n${list}\nSee app/README.md for all variables.`,
    );
  }
  const values = result.data;
  return {
    host: values.HOST,
    port: values.PORT,
    metricsPort: values.METRICS_PORT === "off" ? undefined : (values.METRICS_PORT ?? 9090),
    metricsRequired: values.METRICS_PORT !== undefined,
    baseUrl: values.BASE_URL,
    database: databaseOf(values, env),
    backup: backupOf(values),
    mail: mailOf(values),
    mailFrom: values.MAIL_FROM,
    timeZone: values.APP_TIMEZONE,
    trustProxy: values.TRUST_PROXY,
    rateLimitFactor: values.RATE_LIMIT,
    logLevel: values.LOG_LEVEL,
    drainSeconds: values.DRAIN_SECONDS,
  };
}
