import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";

/** Folder of the screenshots, with a subfolder for each browser setting. */
const SCREENSHOTS = path.resolve(import.meta.dirname, "..", "out", "screenshots");

/** Timeout for loading a page, in milliseconds. */
const CHECK_TIMEOUT = 15_000;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** https://www.deque.com/axe/core-documentation/api-documentation/#axecore-tags */
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** In the dark only colors are different. */
const AXE_RULES_OF_COLOR = ["color-contrast", "link-in-text-block"];

/** Settings of a browser. */
export interface Look {
  /** Folder of the screenshots. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  readonly javaScript: boolean;
}

/** A browser window that records all errors on its pages. */
export class Screen {
  /** Errors so far, one line each. */
  readonly troubles: string[] = [];
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #look: Look;
  #expectedStatus = 200;
  #shots = 0;

  private constructor(context: BrowserContext, page: Page, look: Look) {
    this.#context = context;
    this.page = page;
    this.#look = look;
    page.setDefaultTimeout(CHECK_TIMEOUT);
    page.on("console", (message) => {
      const text = message.text();
      // Responses are checked below. Everything else, such as a CSP violation, is an error.
      if (/^Failed to load resource: the server responded/.test(text)) return;
      if (["error", "warning"].includes(message.type())) this.#trouble(`console: ${text}`);
    });
    page.on("pageerror", (error) => this.#trouble(`script: ${error.message}`));
    page.on("requestfailed", (request) => {
      const { errorText = "" } = request.failure() ?? {};
      // The browser cancels requests that it no longer needs: an icon when the page is left, a page that becomes a
      // download.
      if (errorText !== "net::ERR_ABORTED") this.#trouble(`${errorText}: ${request.url()}`);
    });
    page.on("response", (response) => {
      const status = response.status();
      if (status >= 400 && status !== this.#expectedStatus) this.#trouble(`${status}: ${response.url()}`);
    });
  }

  #trouble(text: string): void {
    this.troubles.push(`${this.page.url()} ${text}`);
  }

  /** Opens a window without a signed-in user. */
  static async open(browser: Browser, url: string, look: Look): Promise<Screen> {
    const context = await browser.newContext({
      baseURL: url,
      viewport: { width: look.width, height: look.height },
      colorScheme: look.scheme,
      javaScriptEnabled: look.javaScript,
      isMobile: look.width < 768,
      hasTouch: look.width < 768,
      reducedMotion: "reduce",
    });
    const folder = path.join(SCREENSHOTS, look.name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return new Screen(context, await context.newPage(), look);
  }

  /** Opens an address and expects a status. @default 200 */
  async goTo(address: string, status = 200): Promise<void> {
    this.#expectedStatus = status;
    await this.page.goto(address);
  }

  /** Waits for the page with a heading, then takes a screenshot and checks the page for errors. */
  async arriveAt(heading: string, message?: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: `notejam: ${heading}`, exact: true }).waitFor();
    if (message !== undefined) await this.page.getByText(message, { exact: true }).waitFor();
    await this.page.waitForLoadState("load");
    await this.inspect(heading);
  }

  /** Takes a screenshot of the page and checks it for errors. */
  async inspect(name: string): Promise<void> {
    this.#shots += 1;
    const number = String(this.#shots).padStart(2, "0");
    const slug = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .slice(0, 40);
    await this.page.screenshot({
      path: path.join(SCREENSHOTS, this.#look.name, `${number}-${slug}.png`),
      fullPage: true,
      // Hiding the caret would need a style that our own CSP forbids.
      caret: "initial",
    });
    await this.#lookForScrolling();
    if (this.#look.javaScript) await this.#lookForBarriers();
  }

  async #lookForScrolling(): Promise<void> {
    const [content, visible] = await this.page.evaluate<[number, number]>(
      "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
    );
    if (content > visible) this.#trouble(`is ${content} pixels wide, of which ${visible} are visible`);
    if (visible !== this.#look.width) this.#trouble(`was laid out for ${visible} pixels`);
  }

  async #lookForBarriers(): Promise<void> {
    await this.page.evaluate(AXE);
    const runOnly = this.#look.scheme === "light" ? AXE_TAGS : AXE_RULES_OF_COLOR;
    const options = JSON.stringify({ runOnly, resultTypes: ["violations"] });
    const { violations } = await this.page.evaluate<AxeResults>(`axe.run(document, ${options})`);
    for (const { id, help, nodes } of violations) {
      this.#trouble(`axe ${id}: ${help}: ${nodes.length}, first ${nodes[0]?.html}`);
    }
  }

  /** Types into fields, by their labels. */
  async fillIn(fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [label, value] of Object.entries(fields)) {
      await this.page.getByLabel(label, { exact: true }).fill(value);
    }
  }

  /** Presses a button with this text. */
  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  /** Follows a link with this text. */
  async follow(name: string): Promise<void> {
    await this.page.getByRole("link", { name, exact: true }).first().click();
  }

  /** Fills in the form of the page and sends it. */
  async submit(button: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.fillIn(fields);
    await this.press(button);
  }

  /** Presses the tab key until something has the focus, which must be visible at every stop. */
  async tabTo(target: Locator): Promise<void> {
    for (let stop = 0; stop < 40; stop += 1) {
      await this.page.keyboard.press("Tab");
      const seen = await this.page.evaluate<boolean>(
        "getComputedStyle(document.activeElement).outlineStyle !== 'none'",
      );
      if (!seen) this.#trouble(`shows no focus after ${stop + 1} tabs`);
      if (await target.evaluate((node) => node.matches(":focus"))) return;
    }
    throw new Error(`The tab key does not lead to ${target}`);
  }

  /** Closes the window. */
  close(): Promise<void> {
    return this.#context.close();
  }
}
