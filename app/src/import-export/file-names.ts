// Characters that some systems do not allow or interpret, or that change the direction of text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression matches control characters
const FORBIDDEN = /[\u0000-\u001f\u007f<>:"/\\|?*\u2028-\u202e\u2066-\u2069]+/g;
/** Maximum length of a name, in characters. File systems allow 255 bytes. */
const MAX_LENGTH = 50;

/** Converts a name into a file name that is valid on every system and cannot leave its folder. */
export function fileName(name: string): string {
  const clean = [...name.replace(FORBIDDEN, " ").trim()]
    .slice(0, MAX_LENGTH)
    .join("")
    .replace(/^\.+|[. ]+$/g, "");
  return clean === "" ? "untitled" : clean;
}
