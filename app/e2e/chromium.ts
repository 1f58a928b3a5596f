import { type Browser, chromium } from "playwright-core";
import { CHROMIUM, findProgram } from "../test/required-tools.js";

/** The browser does only what a proof asks for: it looks for no updates and reports nothing. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts this machine's Chromium without a window. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findProgram(...CHROMIUM), args: FLAGS });
}
