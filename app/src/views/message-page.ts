import { html } from "./html.js";
import type { Page } from "./layout.js";

/** A page that explains an error and the next step. */
export interface Message {
  readonly title: string;
  readonly text: string;
  /** Link below the text. @default a link to all notes */
  readonly link?: { readonly href: string; readonly text: string };
  /** Request id, with which log lines can be found. */
  readonly requestId?: string;
}

export function messagePage({ title, text, link, requestId }: Message): Page {
  const { href, text: linkText } = link ?? { href: "/", text: "Go to all notes" };
  return {
    title,
    content: html`<p>${text}</p>
<p><a href="${href}">${linkText}</a></p>
${requestId && html`<p class="hidden-text">Request ${requestId}</p>`}`,
  };
}
