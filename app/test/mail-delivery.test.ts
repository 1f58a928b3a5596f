import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Authority, type Certificate } from "./authority.js";
import { PASSWORD } from "./notejam.js";
import { needs } from "./required-tools.js";
import { type Serving, serving } from "./serving.js";

const PERSON = "person.with-a-name@example.com";
/** Three attempts, with pauses of one and five seconds. */
const GIVEN_UP = { timeout: 20_000 };

/** A log line that is about mail. */
interface MailLine {
  readonly msg: string;
  readonly reason?: string;
}

function mailLines(notejam: Serving): MailLine[] {
  const lines = notejam
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  return lines.map((line): MailLine => JSON.parse(line)).filter(({ msg }) => msg.startsWith("mail "));
}

/** The user sees the same page whether or not the mail can be sent, and the log never contains the recipient. */
async function expectAsked(notejam: Serving): Promise<void> {
  const answer = await notejam.submit("/forgot-password/", { email: PERSON });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/signin/"]);
  expect(answer.headers.get("set-cookie")).toContain("flash=password-mailed");
}

async function expectGivenUp(notejam: Serving, reason: RegExp): Promise<void> {
  const before = mailLines(notejam).length;
  await expectAsked(notejam);
  const since = () => mailLines(notejam).slice(before);
  await expect.poll(() => since().at(-1)?.msg, GIVEN_UP).toBe("mail failed");
  const told = since();
  expect(told.map(({ msg }) => msg)).toEqual([
    "mail not sent",
    "mail not sent",
    "mail not sent",
    "mail failed",
  ]);
  for (const each of told.slice(0, 3)) expect(each.reason).toMatch(reason);
  expect(notejam.output()).not.toContain(PERSON);
}

describe("mail through an SMTP server", needs("a PostgreSQL server"), () => {
  /** A received mail. */
  interface Arrived {
    readonly encrypted: boolean;
    readonly user: string | undefined;
    readonly to: string[];
    readonly source: string;
  }
  let folder: string;
  let authority: Authority;
  let certificate: Certificate;
  let port: number;
  let notejam: Serving;
  let server: SMTPServer | undefined;
  let smtpPort: number | undefined;
  /** Keeps the port while no SMTP server runs; otherwise another program could take it between two tests. */
  const front = createTcpServer((client) => {
    if (smtpPort === undefined) return void client.destroy();
    const upstream = connect(smtpPort, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  const arrived: Arrived[] = [];
  const passwords: unknown[] = [];

  async function listen(options: SMTPServerOptions = {}): Promise<void> {
    server = new SMTPServer({
      // Reverse DNS lookups of clients are not needed and may take seconds.
      disableReverseLookup: true,
      // Keep-alive connections are closed.
      closeTimeout: 100,
      key: readFileSync(certificate.key),
      cert: readFileSync(certificate.certificate),
      onAuth({ username, password }, _session, done) {
        passwords.push(password);
        if (username === "mailer" && password === "pa:ss/word") done(null, { user: username });
        else done(new Error(`no such login for ${PERSON}`));
      },
      onData(stream, session, done) {
        text(stream).then((source) => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          arrived.push({ encrypted: session.secure, user: session.user, to, source });
          done();
        }, done);
      },
      ...options,
    });
    server.on("error", () => {});
    server.listen(0, "127.0.0.1");
    await once(server.server, "listening");
    smtpPort = (server.server.address() as AddressInfo).port;
  }

  const mailUrl = (password: string) => `smtp://mailer:${encodeURIComponent(password)}@127.0.0.1:${port}`;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "notejam-smtp-"));
    authority = new Authority(folder, "mail");
    certificate = authority.issue("127.0.0.1");
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    port = (front.address() as AddressInfo).port;
    notejam = await serving({ MAIL_URL: mailUrl("pa:ss/word"), NODE_EXTRA_CA_CERTS: authority.certificate });
    await notejam.submit("/signup/", { email: PERSON, password: PASSWORD, repeat_password: PASSWORD });
  });
  afterEach(async () => {
    arrived.length = 0;
    passwords.length = 0;
    const running = server;
    server = undefined;
    smtpPort = undefined;
    if (running) await new Promise<void>((resolve) => running.close(resolve));
  });
  afterAll(async () => {
    await notejam?.end();
    front.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is encrypted by STARTTLS, signed in, and holds the link", async () => {
    await listen();
    await expectAsked(notejam);
    await expect.poll(() => arrived.length, GIVEN_UP).toBe(1);
    expect(arrived[0]).toMatchObject({ encrypted: true, user: "mailer", to: [PERSON] });
    expect(arrived[0]?.source).toContain("Subject: Notejam password reset");
    const [, link = ""] = /(\/reset\/[\w-]+\/)/.exec(arrived[0]?.source.replaceAll("=\r\n", "") ?? "") ?? [];
    const page = await fetch(`${notejam.address}${link}`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("new_password1")]);
    expect(notejam.output()).not.toContain(PERSON);
  });

  it("arrives after a short outage of the server", async () => {
    await expectAsked(notejam);
    await expect.poll(() => mailLines(notejam).at(-1), GIVEN_UP).toMatchObject({ msg: "mail not sent" });
    await listen();
    await expect.poll(() => arrived.length, GIVEN_UP).toBe(1);
  });

  it("fails if the login is rejected, which only the log shows", async () => {
    await listen({ onAuth: (_auth, _session, done) => done(new Error(`no such login for ${PERSON}`)) });
    await expectGivenUp(notejam, /^EAUTH$/);
    expect((await fetch(`${notejam.address}/readyz`)).status).toBe(200);
  });

  it("never sends the password to a server that does not encrypt", async () => {
    await listen({ disabledCommands: ["STARTTLS"], allowInsecureAuth: true });
    await expectGivenUp(notejam, /^ETLS$/);
    expect([passwords, arrived]).toEqual([[], []]);
  });

  it("is not sent to a server with an untrusted certificate", async () => {
    await listen();
    const distrustful = await serving({ MAIL_URL: mailUrl("pa:ss/word") });
    try {
      await distrustful.submit("/signup/", { email: PERSON, password: PASSWORD, repeat_password: PASSWORD });
      await expectGivenUp(distrustful, /^(ESOCKET|ETLS)$/);
      expect([passwords, arrived]).toEqual([[], []]);
    } finally {
      await distrustful.end();
    }
  });
});

describe("mail through Amazon SES", needs("a PostgreSQL server"), () => {
  /** A request to SES. */
  interface Call {
    readonly path: string | undefined;
    readonly authorization: string;
    readonly body: string;
  }
  let folder: string;
  let service: Server;
  let notejam: Serving;
  let refuses = false;
  const calls: Call[] = [];
  const credentialsAskedWith: (string | undefined)[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "notejam-ses-"));
    // Both the credentials endpoint of Pod Identity and SES.
    service = createServer(async (request, response) => {
      response.setHeader("content-type", "application/json");
      if (request.url === "/v1/credentials") {
        credentialsAskedWith.push(request.headers.authorization);
        const expiration = new Date(Date.now() + 3_600_000).toISOString();
        const keys = { AccessKeyId: "ASIAPOD", SecretAccessKey: "secret", Token: "session" };
        response.end(JSON.stringify({ ...keys, Expiration: expiration }));
        return;
      }
      const { authorization = "" } = request.headers;
      calls.push({ path: request.url, authorization, body: await text(request) });
      if (refuses) {
        response.statusCode = 400;
        response.setHeader("x-amzn-errortype", "MessageRejected");
        response.end(JSON.stringify({ message: `Email address is not verified: ${PERSON}` }));
      } else response.end(JSON.stringify({ MessageId: "sent" }));
    });
    service.listen(0, "127.0.0.1");
    await once(service, "listening");
    const { port } = service.address() as AddressInfo;
    const token = path.join(folder, "token");
    writeFileSync(token, "token-of-the-pod");
    notejam = await serving({
      MAIL_URL: "ses://eu-central-1",
      MAIL_FROM: "Notejam <notejam@notes.example.com>",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
    });
    await notejam.submit("/signup/", { email: PERSON, password: PASSWORD, repeat_password: PASSWORD });
  });
  afterAll(async () => {
    await notejam?.end();
    service?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is sent with the pod identity, completely", async () => {
    await expectAsked(notejam);
    await expect.poll(() => calls.length, GIVEN_UP).toBe(1);
    expect(credentialsAskedWith).toEqual(["token-of-the-pod"]);
    expect(calls[0]?.path).toBe("/v2/email/outbound-emails");
    expect(calls[0]?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ASIAPOD\/\d{8}\/eu-central-1\/ses\/aws4_request/,
    );
    const { Content, Destination, FromEmailAddress } = JSON.parse(calls[0]?.body ?? "{}");
    expect(FromEmailAddress).toContain("notejam@notes.example.com");
    expect(Destination.ToAddresses).toEqual([PERSON]);
    const source = Buffer.from(Content.Raw.Data, "base64").toString();
    expect(source).toMatch(/Subject: Notejam password reset[\s\S]+\/reset\//);
  });

  it("fails if SES rejects it, which is logged by name and without the address", async () => {
    refuses = true;
    await expectGivenUp(notejam, /^MessageRejected$/);
  });
});
