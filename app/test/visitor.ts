import type { FastifyInstance, LightMyRequestResponse } from "fastify";

/** A form of a page. */
export interface PageForm {
  readonly action: string;
  readonly method: string;
  readonly fields: Record<string, string>;
  readonly buttons: readonly string[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** Text as a browser would read it from markup. */
export function decoded(markup: string): string {
  return markup.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : decoded(found);
}

/** The forms of a page, with the values they hold. */
export function formsOf(markup: string): PageForm[] {
  return [...markup.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].map(([form]) => {
    const tag = /<form[^>]*>/.exec(form)?.[0] ?? "";
    const fields: Record<string, string> = {};
    for (const [input] of form.matchAll(/<input[^>]*>/g)) {
      fields[attribute(input, "name") ?? ""] = attribute(input, "value") ?? "";
    }
    for (const [whole, text = ""] of form.matchAll(/<textarea[^>]*>\n?([\s\S]*?)<\/textarea>/g)) {
      fields[attribute(whole, "name") ?? ""] = decoded(text);
    }
    for (const [select] of form.matchAll(/<select[\s\S]*?<\/select>/g)) {
      const chosen =
        /<option[^>]*selected[^>]*>/.exec(select)?.[0] ?? /<option[^>]*>/.exec(select)?.[0] ?? "";
      fields[attribute(select, "name") ?? ""] = attribute(chosen, "value") ?? "";
    }
    const buttons = [...form.matchAll(/<button[^>]*>([^<]*)<\/button>/g)].map(([, text = ""]) =>
      decoded(text),
    );
    return {
      action: attribute(tag, "action") ?? "",
      method: attribute(tag, "method") ?? "get",
      fields,
      buttons,
    };
  });
}

/** A response, parsed as a browser shows it. */
export class Answer {
  readonly raw: LightMyRequestResponse;

  constructor(raw: LightMyRequestResponse) {
    this.raw = raw;
  }

  get status(): number {
    return this.raw.statusCode;
  }

  get body(): string {
    return this.raw.body;
  }

  get location(): string | undefined {
    return this.raw.headers.location;
  }

  get title(): string {
    return decoded(/<title>([\s\S]*?)<\/title>/.exec(this.body)?.[1] ?? "");
  }

  /** Text of the message above the content, with its kind: `success: Note is …`. */
  get flash(): string | undefined {
    const [, kind, text] = /<div class="alert alert-(\w+)"[^>]*>([^<]*)</.exec(this.body) ?? [];
    return kind && `${kind}: ${decoded(text ?? "")}`;
  }

  /** Errors by field. */
  get errors(): Record<string, string> {
    const found = this.body.matchAll(/<ul class="errorlist" id="error_(\w+)"><li>([^<]*)</g);
    return Object.fromEntries([...found].map(([, name, text]) => [name, decoded(text ?? "")]));
  }

  get forms(): PageForm[] {
    return formsOf(this.body);
  }

  /** The form that is posted. */
  get form(): PageForm {
    const posted = this.forms.find(({ method }) => method === "post");
    if (!posted) throw new Error(`There is no form to post on "${this.title}" (${this.status})`);
    return posted;
  }

  /** The content without the frame around it. */
  get content(): string {
    return /<main[^>]*>([\s\S]*)<\/main>/.exec(this.body)?.[1] ?? "";
  }
}

/** A visitor with a browser. */
export class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #app: FastifyInstance;
  readonly #address: string;

  /** @param address IP address of the visitor */
  constructor(app: FastifyInstance, address = "127.0.0.1") {
    this.#app = app;
    this.#address = address;
  }

  async send(
    method: "GET" | "POST" | "HEAD" | "PUT" | "DELETE",
    url: string,
    options: { headers?: Record<string, string>; payload?: string | Buffer } = {},
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await this.#app.inject({
      method,
      url,
      remoteAddress: this.#address,
      headers: { ...(cookie ? { cookie } : {}), ...options.headers },
      ...(options.payload === undefined ? {} : { payload: options.payload }),
    });
    for (const { name, value, maxAge } of response.cookies) {
      if (maxAge === 0 || value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return new Answer(response);
  }

  get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("GET", url, { headers });
  }

  /** Posts fields as they are, without a page before. */
  post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("POST", url, {
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      payload: new URLSearchParams(fields).toString(),
    });
  }

  /** Opens a page, fills in its form and sends it. */
  async submit(url: string, fields: Record<string, string> = {}): Promise<Answer> {
    const { form } = await this.get(url);
    return this.post(form.action || url, { ...form.fields, ...fields });
  }

  /** Sends a form and opens the page it leads to. */
  async submitAndFollow(url: string, fields: Record<string, string> = {}): Promise<Answer> {
    return this.follow(await this.submit(url, fields));
  }

  async follow(answer: Answer): Promise<Answer> {
    if (answer.location === undefined) {
      throw new Error(`"${answer.title}" (${answer.status}) leads nowhere: ${JSON.stringify(answer.errors)}`);
    }
    return this.get(answer.location);
  }

  async signUp(email: string, password: string): Promise<Answer> {
    return this.submit("/signup/", { email, password, repeat_password: password });
  }

  async signIn(email: string, password: string, url = "/signin/"): Promise<Answer> {
    return this.submit(url, { email, password });
  }
}
