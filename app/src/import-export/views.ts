import type { Pad } from "../pads/repository.js";
import { csrfField, type FieldErrors, submit } from "../views/form-fields.js";
import { html } from "../views/html.js";
import type { Page } from "../views/layout.js";

export function exportPage(pads: readonly Pad[]): Page {
  return {
    title: "Export",
    pads,
    content: html`<p>Everything you own in one ZIP file: each note as a text file in a folder of its pad's name, what is in the trash too, and a file <code>notejam.json</code> with names, pads and dates. It can be imported again.</p>
<div class="toolbar"><a href="/export/notejam.zip" class="button" download>Download</a></div>`,
  };
}

/** State of the import page. */
export interface ImportState {
  readonly csrfToken: string;
  readonly pads: readonly Pad[];
  readonly errors?: FieldErrors;
}

export function importPage({ csrfToken, pads, errors = {} }: ImportState): Page {
  const error = errors.file;
  return {
    title: "Import",
    pads,
    content: html`<p>Choose a ZIP file that was made by <a href="/export/">Export</a>. Notes that you have already are not added twice.</p>
<form method="post" enctype="multipart/form-data">
${csrfField(csrfToken)}
<div class="field">
<label for="id_file">ZIP file</label>
<input id="id_file" name="file" type="file" accept=".zip,application/zip"${error && html` aria-describedby="error_file" aria-invalid="true"`}>
${error && html`<ul class="errorlist" id="error_file"><li>${error}</li></ul>`}
</div>
<div class="actions">${submit("Import")}</div>
</form>`,
  };
}
