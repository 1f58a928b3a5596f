import type { Pad } from "../pads/repository.js";
import { type Html, html } from "./html.js";

/** A flash message, shown once above the content. */
export interface Flash {
  readonly kind: "success" | "error";
  readonly text: string;
}

/** Content of the frame around every page. */
export interface Frame {
  /** Email address of the signed-in user. */
  readonly email: string | undefined;
  readonly flash: Flash | undefined;
  /** Address of the style sheet. */
  readonly stylesheet: string;
}

/** A page. */
export interface Page {
  /** Title and heading. */
  readonly title: string;
  readonly content: Html;
  /** Pads for the left column; without them the page uses the full width. */
  readonly pads?: readonly Pad[];
  /** Current entry of the left column. */
  readonly here?: number | "trash" | "search";
}

function accountLinks(email: string | undefined): Html {
  return email === undefined
    ? html`<a href="/signup/">Sign up</a> <a href="/signin/">Sign in</a>`
    : html`<span class="who">${email}:</span> <a href="/account/">Account settings</a> <a href="/signout/">Sign out</a>`;
}

const current = (is: boolean): Html | undefined => (is ? html` aria-current="page"` : undefined);

function padColumn(pads: readonly Pad[], here: Page["here"]): Html {
  return html`<nav class="three columns pads" aria-labelledby="my-pads">
<h2 id="my-pads">My pads</h2>
${
  pads.length === 0
    ? html`<p class="empty">No pads</p>`
    : html`<ul>${pads.map(
        (pad) =>
          html`<li><a href="/pads/${pad.id}/" dir="auto"${current(here === pad.id)}>${pad.name}</a></li>`,
      )}</ul>`
}
<hr>
<ul class="tools">
<li><a href="/pads/create/">New pad</a></li>
<li><a href="/search/"${current(here === "search")}>Search</a></li>
<li><a href="/trash/"${current(here === "trash")}>Trash</a></li>
</ul>
</nav>`;
}

function alert(flash: Flash | undefined): Html {
  if (!flash) return html`<div class="alert-area"></div>`;
  return html`<div class="alert-area"><div class="alert alert-${flash.kind}" role="${flash.kind === "error" ? "alert" : "status"}">${flash.text}</div></div>`;
}

/** Renders the complete document of a page. */
export function document(frame: Frame, page: Page): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${page.title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="${frame.stylesheet}">
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<div class="container">
<header class="sixteen columns">
<div class="sign-in-out-block">${accountLinks(frame.email)}</div>
<h1 class="bold-header"><a href="/" class="header">note<span class="jam">jam:</span></a> <span class="page-title" dir="auto">${page.title}</span></h1>
</header>
${page.pads && padColumn(page.pads, page.here)}
<main id="content" class="${page.pads ? "thirteen" : "sixteen"} columns content-area">
${alert(frame.flash)}
${page.content}
</main>
<footer class="sixteen columns footer">
<hr>
<p>Notejam: <strong>TypeScript</strong> application. After the design of <a href="https://github.com/komarserjio/notejam" rel="noreferrer">komarserjio/notejam</a>.</p>
</footer>
</div>
</body>
</html>
`.markup;
}
