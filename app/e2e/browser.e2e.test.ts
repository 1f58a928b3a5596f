import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { PostgresServer } from "../test/postgres-server.js";
import { needs } from "../test/required-tools.js";
import { PASSWORD } from "./browser.js";
import { buildProgram, type Program } from "./built-app.js";
import { startChromium } from "./chromium.js";
import { NotejamProcess } from "./notejam-process.js";
import { type Look, Screen } from "./page-inspector.js";
import { seedNotebook } from "./seed-notebook.js";

const PHONE = { width: 390, height: 844 } as const;
const DESKTOP = { width: 1280, height: 900 } as const;

const LOOKS: readonly Look[] = [
  { name: "phone-light", ...PHONE, scheme: "light", javaScript: true },
  { name: "phone-dark", ...PHONE, scheme: "dark", javaScript: true },
  { name: "desktop-light", ...DESKTOP, scheme: "light", javaScript: true },
  { name: "desktop-dark", ...DESKTOP, scheme: "dark", javaScript: true },
  { name: "phone-dark-without-javascript", ...PHONE, scheme: "dark", javaScript: false },
  { name: "desktop-light-without-javascript", ...DESKTOP, scheme: "light", javaScript: false },
];

/** As long as a name may be, without a place to break it. */
const LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".padEnd(
  100,
  "s",
);
const RECIPE =
  "Two eggs, a cup of flour, a cup of milk.\n\nLet it rest while the pan gets hot.\n  – not too hot!";

describe("in a browser", needs("chromium"), () => {
  let server: PostgresServer;
  let program: Program;
  let notejam: NotejamProcess;
  let browser: Browser;
  const data = mkdtempSync(path.join(tmpdir(), "notejam-browser-"));
  const mails = path.join(data, "mail");

  beforeAll(async () => {
    server = await PostgresServer.start();
    program = await buildProgram();
    notejam = await NotejamProcess.start({
      program,
      databaseUrl: server.url("postgres"),
      arguments: ["--migrate"],
      environment: { DRAIN_SECONDS: "0", DATA_DIR: data },
    });
    browser = await startChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await notejam?.end();
    program?.remove();
    await server?.remove();
    rmSync(data, { recursive: true, force: true });
  });

  const open = async (look: Look): Promise<Screen> => {
    const screen = await Screen.open(browser, notejam.url, look);
    onTestFinished(() => screen.close());
    return screen;
  };

  /** Link in the newest mail to an address. */
  const linkMailedTo = async (email: string): Promise<string> => {
    const link = () => {
      const texts = readdirSync(mails).map((name) => readFileSync(path.join(mails, name), "utf8"));
      return texts
        .filter((text) => text.includes(`To: ${email}`))
        .flatMap((text) => /http\S+/.exec(text) ?? []);
    };
    await expect.poll(() => link().length, { timeout: 5_000 }).toBe(1);
    return link()[0] ?? "";
  };

  const signUpAndIn = async (screen: Screen, email: string): Promise<void> => {
    await screen.goTo("/signup/");
    await screen.submit("Sign up", { Email: email, Password: PASSWORD, "Confirm password": PASSWORD });
    await screen.page.getByText("Account is created. Now you can sign in.").waitFor();
    await screen.submit("Sign in", { Email: email, Password: PASSWORD });
    await screen.page.getByRole("heading", { name: "All notes" }).waitFor();
  };

  it.each(LOOKS)("keeps a user's notes from signing up to signing out: $name", async (look) => {
    const screen = await open(look);
    const { page } = screen;
    const email = `someone.with.a.long.address+${look.name}@mail.example.com`;

    await screen.goTo("/");
    await screen.arriveAt("Sign In");
    await screen.follow("Sign up");
    await screen.arriveAt("Sign Up");
    await screen.submit("Sign up", {
      Email: "user@nowhere",
      Password: "short",
      "Confirm password": "other",
    });
    await screen.arriveAt("Sign Up", "Enter a valid email address.");
    await screen.submit("Sign up", { Email: email, Password: PASSWORD, "Confirm password": PASSWORD });
    await screen.arriveAt("Sign In", "Account is created. Now you can sign in.");
    await screen.submit("Sign in", { Email: email, Password: "something else" });
    await screen.arriveAt("Sign In", "Wrong email or password");
    await screen.submit("Sign in", { Email: email, Password: PASSWORD });
    await screen.arriveAt("All notes (0)", "Create your first note.");

    await screen.follow("New pad");
    await screen.arriveAt("New pad");
    await screen.submit("Save", { Name: "Recipes" });
    await screen.arriveAt("Recipes (0)", "Pad is successfully created");
    await screen.follow("New note");
    await screen.arriveAt("New note");
    await screen.submit("Save");
    await page.getByText("This field is required.").first().waitFor();
    await screen.inspect("New note refused");
    expect(await page.getByLabel("Select Pad").locator("option:checked").textContent()).toBe("Recipes");
    await screen.submit("Save", { Name: "Pancakes", Note: RECIPE });
    await screen.arriveAt("Recipes (1)", "Note is successfully created");
    await screen.goTo("/notes/create/");
    await screen.submit("Save", { Name: LONG_NAME, Note: `${LONG_NAME}\n${RECIPE}` });
    await screen.arriveAt("All notes (2)", "Note is successfully created");
    await screen.follow(LONG_NAME);
    await screen.arriveAt(LONG_NAME);

    await screen.goTo("/");
    await screen.submit("Search", { "Search notes": "flour" });
    await screen.arriveAt("Search (2)");
    expect(await page.locator("mark").allTextContents()).toEqual(["flour", "flour"]);
    await screen.submit("Search", { "Search notes": "plumber" });
    await screen.arriveAt("Search (0)", "No note has these words.");

    await screen.goTo("/");
    await screen.follow("Pancakes");
    await screen.arriveAt("Pancakes");
    expect(await page.locator(".note-text").textContent()).toBe(RECIPE);
    await screen.follow("Edit");
    await screen.arriveAt("Pancakes");
    await screen.submit("Save", { Name: "Pancakes for six" });
    await screen.arriveAt("Recipes (1)", "Note is successfully updated");

    await screen.follow("Pancakes for six");
    await screen.follow("Delete it");
    await screen.arriveAt("Pancakes for six", "Are you sure you want to delete Pancakes for six?");
    await screen.press("Yes, delete I want to delete it");
    await screen.arriveAt("Recipes (0)", "Note is successfully deleted");
    await screen.follow("Pad settings");
    await screen.arriveAt("Recipes");
    await screen.follow("Delete pad");
    await screen.arriveAt("Recipes", "Are you sure you want to delete Recipes and all related notes?");
    await screen.press("Yes, delete I want to delete it");
    await screen.arriveAt("All notes (1)", "Pad is successfully deleted");
    await screen.follow("Trash");
    await screen.arriveAt("Trash (2)");
    await screen.press("Restore Recipes");
    await screen.arriveAt("Recipes (0)", "Pad is successfully restored");
    await screen.follow("Trash");
    await screen.press("Restore Pancakes for six");
    await screen.arriveAt("Pancakes for six", "Note is successfully restored");
    await screen.follow("Trash");
    await screen.arriveAt("Trash (0)", "The trash is empty.");

    await screen.follow("Account settings");
    await screen.arriveAt("Account Settings");
    await screen.follow("export them all");
    await screen.arriveAt("Export");
    const [download] = await Promise.all([page.waitForEvent("download"), screen.follow("Download")]);
    const exported = path.join(data, `${look.name}.zip`);
    await download.saveAs(exported);
    expect(download.suggestedFilename()).toBe("notejam.zip");
    expect(readFileSync(exported).includes("Pancakes for six")).toBe(true);
    await screen.goTo("/import/");
    await screen.arriveAt("Import");
    await page.getByLabel("ZIP file").setInputFiles(exported);
    await screen.press("Import");
    await screen.arriveAt("All notes (2)", "0 notes are imported, 2 were here already");

    const changed = "another battery horse";
    await screen.follow("Account settings");
    await screen.submit("Save", {
      "Old password": "a wrong one",
      "New password": changed,
      "Confirm new password": changed,
    });
    const refused = "Your old password was entered incorrectly. Please enter it again.";
    await screen.arriveAt("Account Settings", refused);
    await screen.submit("Save", {
      "Old password": PASSWORD,
      "New password": changed,
      "Confirm new password": changed,
    });
    await screen.arriveAt("All notes (2)", "Password is successfully changed");
    await screen.follow("Sign out");
    await screen.arriveAt("Sign In");

    await screen.follow("Forgot password?");
    await screen.arriveAt("Forgot password?");
    await screen.submit("Generate password", { Email: email });
    await screen.arriveAt("Sign In", "New password is sent in your email inbox");
    const link = await linkMailedTo(email);
    await screen.goTo(link);
    await screen.arriveAt("Choose a new password");
    await screen.submit("Save", { "New password": PASSWORD, "Confirm new password": PASSWORD });
    await page.getByRole("heading", { name: "Sign In" }).waitFor();
    await screen.goTo(link, 404);
    await screen.arriveAt("Choose a new password", "Ask for a new one");
    await screen.goTo("/nowhere/", 404);
    await screen.arriveAt("Page not found");
    expect(screen.troubles).toEqual([]);
  });

  it.each([PHONE, DESKTOP])("can be used with the keyboard alone, $width pixels wide", async (size) => {
    const look: Look = { name: `keyboard-${size.width}`, ...size, scheme: "light", javaScript: true };
    const screen = await open(look);
    const { page } = screen;
    const { keyboard } = page;
    const email = `keyboard.${size.width}@example.com`;
    await signUpAndIn(screen, email);
    await screen.goTo("/signout/");

    await screen.tabTo(page.getByLabel("Email"));
    await keyboard.type(email);
    await screen.tabTo(page.getByLabel("Password"));
    await keyboard.type(PASSWORD);
    await keyboard.press("Enter");
    await screen.arriveAt("All notes (0)");
    await screen.tabTo(page.getByRole("link", { name: "New pad" }));
    await keyboard.press("Enter");
    await screen.arriveAt("New pad");
    await screen.tabTo(page.getByLabel("Name"));
    await keyboard.type("Errands");
    await keyboard.press("Enter");
    await screen.arriveAt("Errands (0)");
    await screen.goTo("/notes/create/");
    await screen.tabTo(page.getByRole("link", { name: "Skip to content" }));
    await screen.inspect("Skip to content");
    await keyboard.press("Enter");
    await keyboard.press("Tab");
    expect(await page.getByLabel("Name").evaluate((field) => field.matches(":focus")), "after the skip").toBe(
      true,
    );
    await keyboard.type("Milk");
    await screen.tabTo(page.getByLabel("Note"));
    await keyboard.type("Two litres");
    await screen.tabTo(page.getByLabel("Select Pad"));
    await keyboard.type("Err");
    await screen.tabTo(page.getByRole("button", { name: "Save" }));
    await keyboard.press("Enter");
    await screen.arriveAt("Errands (1)", "Note is successfully created");
    expect(screen.troubles).toEqual([]);
  });

  it.each(LOOKS.filter(({ name }) => ["phone-dark", "desktop-light"].includes(name)))(
    "shows many notes in pages, and explains a database outage: $name",
    async (look) => {
      const screen = await open({ ...look, name: `${look.name}-many` });
      const { page } = screen;
      const email = `many.${look.name}@example.com`;
      await signUpAndIn(screen, email);
      await seedNotebook(server, "postgres", email, { notes: 230, pads: 12 });
      await screen.goTo("/");
      await screen.arriveAt("All notes (230)");
      await page.getByRole("link", { name: "Page 3" }).click();
      await page.waitForURL(/page=3/);
      await screen.arriveAt("All notes (230)");
      await screen.goTo("/?order=name");
      await screen.arriveAt("All notes (230)");
      await screen.goTo("/search/?q=plumber");
      await screen.arriveAt("Search (230)");
      await server.stop();
      try {
        await screen.goTo("/", 503);
        await screen.arriveAt("Notejam cannot reach its notes");
      } finally {
        await server.resume();
      }
      expect(screen.troubles).toEqual([]);
    },
  );

  it("fits a screen of 320 pixels, which equals a zoom of 400 %", async () => {
    const screen = await open({ name: "narrow", width: 320, height: 640, scheme: "light", javaScript: true });
    await signUpAndIn(screen, "narrow@example.com");
    await screen.goTo("/pads/create/");
    await screen.submit("Save", { Name: LONG_NAME });
    await screen.arriveAt(`${LONG_NAME} (0)`);
    await screen.goTo("/notes/create/");
    await screen.submit("Save", { Name: LONG_NAME, Note: LONG_NAME });
    await screen.arriveAt("All notes (1)");
    await screen.follow(LONG_NAME);
    for (const address of ["/notes/create/", "/search/?q=don", "/trash/", "/account/", "/import/"]) {
      await screen.goTo(address);
      await screen.inspect(address);
    }
    expect(screen.troubles).toEqual([]);
  });
});
