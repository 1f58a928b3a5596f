import { type Browser, chromium } from "playwright-core";
import { CHROMIUM, findProgram } from "../test/required-tools.js";

/** No background traffic: neither updates nor reports. */
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
