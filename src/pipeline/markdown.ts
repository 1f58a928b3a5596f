/**
 * Functions that write text from a plan as inert Markdown: no links, no HTML, no mentions, no end of the surrounding
 * fence or table.
 */

/** No real resource address is longer. */
const LONGEST_LINE = 300;

/** Line breaks, control characters, and characters that hide or reorder text. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Returns one line of limited length. Inside a fence, it must not start with three backticks: callers add a prefix. */
export function oneSafeLine(text: string): string {
  const line = text.replaceAll(UNSEEN, " ").trim();
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

/** Returns text as a code span. */
export function codeSpan(text: string): string {
  const line = oneSafeLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  // Markdown removes one space at each end.
  return `${fence} ${line} ${fence}`;
}

/** Returns a link. The address may contain any characters; the text must be trusted. */
export function link(text: string, url: string): string {
  const address = new URL(url).href.replaceAll(/[()<>|[\]`]/g, (character) => `%${hex(character)}`);
  return `[${text}](${address})`;
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
}

/** Returns lines in a code fence. @param language such as `diff` */
export function fenced(language: string, lines: readonly string[]): string {
  return [`\`\`\`${language}`, ...lines, "```"].join("\n");
}

/** Returns the size in bytes. GitHub counts characters, which are never more. */
export function sizeOf(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
