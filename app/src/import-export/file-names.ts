// Not allowed on one system or another, with a meaning of their own, or turning the direction of what follows.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const FORBIDDEN = /[\u0000-\u001f\u007f<>:"/\\|?*\u2028-\u202e\u2066-\u2069]+/g;
/** Longest part of a name that is kept, in characters; file systems take 255 bytes. */
const MAX_LENGTH = 50;

/** A name that any system takes as that of a file or folder, and that cannot lead out of its folder. */
export function fileName(name: string): string {
  const clean = [...name.replace(FORBIDDEN, " ").trim()]
    .slice(0, MAX_LENGTH)
    .join("")
    .replace(/^\.+|[. ]+$/g, "");
  return clean === "" ? "untitled" : clean;
}
