import { isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import fp from "fastify-plugin";

/** Too many attempts. */
export class TooManyAttempts extends Error {
  override readonly name = "TooManyAttempts";
  /** Seconds until the next attempt may succeed. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super("Too many attempts");
    this.retryAfter = retryAfter;
  }
}

/** Limited actions. */
export type LimitedAction = "signin" | "signup" | "forgot" | "password";

interface RateLimit {
  readonly most: number;
  readonly seconds: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/**
 * Limits per action. Many users can share one address, so the limits per address are high. The limits per account stop
 * guessing passwords.
 */
const LIMITS: Readonly<Record<LimitedAction, { readonly address: RateLimit; readonly account: RateLimit }>> =
  {
    signin: { address: { most: 120, seconds: 5 * MINUTE }, account: { most: 10, seconds: 15 * MINUTE } },
    signup: { address: { most: 120, seconds: HOUR }, account: { most: 10, seconds: HOUR } },
    forgot: { address: { most: 60, seconds: HOUR }, account: { most: 5, seconds: HOUR } },
    password: { address: { most: 120, seconds: HOUR }, account: { most: 20, seconds: 15 * MINUTE } },
  };

/** Strictness of the limits. */
export interface RateLimitsOptions {
  /** Factor on all limits; 0: no limits. */
  readonly factor: number;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Counts an attempt. @throws {TooManyAttempts} if a limit is exceeded */
    countAttempt(what: LimitedAction, request: FastifyRequest, account: string): Promise<void>;
    /** Resets the counter of an account after a success. */
    forgetAttempts(what: LimitedAction, account: string): Promise<void>;
  }
}

/** An IPv6 client usually controls its whole /64 network, so the network is counted. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail = ""] = address.split("::");
  const start = head.split(":").filter(Boolean);
  const end = tail.split(":").filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - start.length - end.length) }, () => "0");
  return [...start, ...zeros, ...end].slice(0, 4).join(":");
}

/** Limits attempts per address and per account. */
export default fp<RateLimitsOptions>(
  async (app, { factor }) => {
    const accountKey = (what: LimitedAction, account: string) => `${what}:account:${account.toLowerCase()}`;
    const scaled = ({ most, seconds }: RateLimit) => ({ most: Math.ceil(most * factor), seconds });

    app.decorate("countAttempt", async (what: LimitedAction, request: FastifyRequest, account: string) => {
      if (factor === 0) return;
      const { address, account: perAccount } = LIMITS[what];
      const wait = await app.rateLimitCounters.count([
        { key: `${what}:address:${networkOf(request.ip)}`, ...scaled(address) },
        { key: accountKey(what, account), ...scaled(perAccount) },
      ]);
      if (wait > 0) throw new TooManyAttempts(wait);
    });

    app.decorate("forgetAttempts", async (what: LimitedAction, account: string) => {
      if (factor > 0) await app.rateLimitCounters.clear(accountKey(what, account));
    });
  },
  { name: "rate-limits", dependencies: ["services"] },
);
