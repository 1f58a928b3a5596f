import { setTimeout as pause } from "node:timers/promises";
import fp from "fastify-plugin";
import { codeOf } from "../database/errors.js";
import type { Mail } from "./mailer.js";

declare module "fastify" {
  interface FastifyInstance {
    /** Sends a mail after the response, so that its duration reveals nothing. Retries if the server rejects it. */
    sendLater(mail: Mail): void;
  }
}

/** Pauses before the second and third attempt, in milliseconds. */
const PAUSES = [1_000, 5_000];

/** Errors of the AWS SDK have a distinct name. Errors of mail servers have a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return error.name === "Error" ? codeOf(error) || "unknown" : error.name;
}

/** Sends mail in the background. Closing the application waits for pending mail. */
export default fp(
  async (app) => {
    const underway = new Set<Promise<void>>();

    async function send(mail: Mail): Promise<void> {
      for (const wait of [0, ...PAUSES]) {
        if (wait > 0) await pause(wait);
        try {
          await app.mailer.send(mail);
          app.metrics.mails.inc({ result: "sent" });
          return;
        } catch (error) {
          // Only the reason is logged, because the message contains the recipient.
          app.log.warn({ reason: reasonOf(error) }, "mail not sent");
        }
      }
      app.metrics.mails.inc({ result: "failed" });
      app.log.error("mail failed");
    }

    app.decorate("sendLater", (mail: Mail) => {
      const sending = send(mail).finally(() => underway.delete(sending));
      underway.add(sending);
    });

    app.addHook("onClose", async () => {
      await Promise.all(underway);
      app.mailer.close();
    });
  },
  { name: "mails", dependencies: ["services", "metrics"] },
);
