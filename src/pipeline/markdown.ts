/**
 * Text from a plan as Markdown that shows it and does nothing else: no link, no HTML, no mention, no end of the fence or
 * table that it stands in.
 */

/** Longer addresses are nobody's. */
const LONGEST_LINE = 300;

/** Line breaks and other controls, and what makes text read in another order or unseen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** One line of harmless length. Whatever begins it, inside a fence it must not be three backticks: callers put a sign before it. */
export function oneSafeLine(text: string): string {
  const line = text.replaceAll(UNSEEN, " ").trim();
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

/** Text as code within a sentence; nothing in a code span is Markdown. */
export function codeSpan(text: string): string {
  const line = oneSafeLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  // A blank on either side is removed again when both are there.
  return `${fence} ${line} ${fence}`;
}

/** A link whose text is ours and whose address may hold anything that an address may. */
export function link(text: string, url: string): string {
  const address = new URL(url).href.replaceAll(/[()<>|[\]`]/g, (character) => `%${hex(character)}`);
  return `[${text}](${address})`;
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
}

/** Lines in a fence. @param language such as `diff` */
export function fenced(language: string, lines: readonly string[]): string {
  return [`\`\`\`${language}`, ...lines, "```"].join("\n");
}

/** What GitHub counts is characters; bytes are never fewer. */
export function sizeOf(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
