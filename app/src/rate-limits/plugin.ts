import { isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import fp from "fastify-plugin";

/** Too many attempts. */
export class TooManyAttempts extends Error {
  override readonly name = "TooManyAttempts";
  /** When the next attempt may succeed, in seconds. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super("Too many attempts");
    this.retryAfter = retryAfter;
  }
}

/** What is limited. */
export type Guarded = "signin" | "signup" | "forgot" | "password";

interface Allowance {
  readonly most: number;
  readonly seconds: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/**
 * Attempts allowed. One address can stand for a whole conference behind one router, so those limits are wide;
 * the limits per account stop guessing.
 */
const ALLOWANCES: Readonly<Record<Guarded, { readonly address: Allowance; readonly account: Allowance }>> = {
  signin: { address: { most: 120, seconds: 5 * MINUTE }, account: { most: 10, seconds: 15 * MINUTE } },
  signup: { address: { most: 120, seconds: HOUR }, account: { most: 10, seconds: HOUR } },
  forgot: { address: { most: 60, seconds: HOUR }, account: { most: 5, seconds: HOUR } },
  password: { address: { most: 120, seconds: HOUR }, account: { most: 20, seconds: 15 * MINUTE } },
};

/** How strict the limits are. */
export interface RateLimitsOptions {
  /** Factor on all limits; 0 switches them off. */
  readonly factor: number;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Counts an attempt. @throws {TooManyAttempts} beyond what is allowed */
    countAttempt(what: Guarded, request: FastifyRequest, account: string): Promise<void>;
    /** Forgets the attempts on an account, after one succeeded. */
    forgetAttempts(what: Guarded, account: string): Promise<void>;
  }
}

/** Whoever has one IPv6 address usually has all of its /64 network. */
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
    const accountKey = (what: Guarded, account: string) => `${what}:account:${account.toLowerCase()}`;
    const scaled = ({ most, seconds }: Allowance) => ({ most: Math.ceil(most * factor), seconds });

    app.decorate("countAttempt", async (what: Guarded, request: FastifyRequest, account: string) => {
      if (factor === 0) return;
      const { address, account: perAccount } = ALLOWANCES[what];
      const wait = await app.rateLimitCounters.count([
        { key: `${what}:address:${networkOf(request.ip)}`, ...scaled(address) },
        { key: accountKey(what, account), ...scaled(perAccount) },
      ]);
      if (wait > 0) throw new TooManyAttempts(wait);
    });

    app.decorate("forgetAttempts", async (what: Guarded, account: string) => {
      if (factor > 0) await app.rateLimitCounters.clear(accountKey(what, account));
    });
  },
  { name: "rate-limits", dependencies: ["services"] },
);
