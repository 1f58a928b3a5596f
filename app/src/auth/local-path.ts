// Base to resolve paths. It is never requested.
const ANYWHERE = "http://local.invalid";

// Browsers drop tabs and line breaks from addresses and read a backslash as a slash.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression matches control characters
const DISGUISE = /[\u0000-\u001f\u007f\\]/;

/** Returns the path if it leads to a page of this site, otherwise `/`. Prevents open redirects by `?next=`. */
export function localPath(next: string | undefined): string {
  if (!next?.startsWith("/") || next.startsWith("//") || DISGUISE.test(next)) return "/";
  if (!URL.canParse(next, ANYWHERE)) return "/";
  const url = new URL(next, ANYWHERE);
  if (url.origin !== ANYWHERE || url.pathname.startsWith("//")) return "/";
  return url.pathname + url.search + url.hash;
}
