/** Escaped markup, created by {@link html}. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

/** Values allowed in a template. `undefined`, `null` and `false` print nothing. */
export type Printable = string | number | Html | readonly Html[] | undefined | null | false;

const SPECIAL = /[&<>"']/;
const ALL_SPECIAL = /[&<>"']/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for the inside of an element or of a quoted attribute. */
function escaped(text: string): string {
  return SPECIAL.test(text) ? text.replace(ALL_SPECIAL, (character) => ENTITIES[character] ?? "") : text;
}

function print(value: Printable): string {
  if (typeof value === "string") return escaped(value);
  if (value instanceof Html) return value.markup;
  if (typeof value === "number") return String(value);
  if (!value) return "";
  let markup = "";
  for (const part of value) markup += part.markup;
  return markup;
}

/**
 * Template tag for markup. Escapes every value except {@link Html}. Attributes must be quoted.
 *
 * @example html`<a href="/pads/${pad.id}/">${pad.name}</a>`
 */
export function html(parts: TemplateStringsArray, ...values: readonly Printable[]): Html {
  let markup = parts[0] ?? "";
  for (let index = 0; index < values.length; index += 1)
    markup += print(values[index]) + (parts[index + 1] ?? "");
  return new Html(markup);
}
