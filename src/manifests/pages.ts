import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { count, type Diagnostic } from "../diagnostic.js";
import { groupOf, type Manifest } from "../kubernetes/objects.js";
import type { CheckedEnvironment } from "./check-environment.js";

/**
 * Writes the rendered objects as HTML and YAML: a folder per environment with a folder per Kustomization and a file per
 * object, and an index page.
 */
export function writePages(folder: string, environments: readonly CheckedEnvironment[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const environment of environments)
    writeEnvironment(join(folder, environment.environmentId), environment);
  const links = environments.map(({ environmentId, objects, diagnostics }) => {
    const state = diagnostics.length === 0 ? "no errors" : count(diagnostics.length, "error");
    return `<li><a href="${environmentId}/index.html">${forHtml(environmentId)}</a>: ${objects.length} objects, ${state}</li>`;
  });
  writeFileSync(join(folder, "index.html"), page("Objects in the clusters", `<ul>${links.join("\n")}</ul>`));
}

function writeEnvironment(folder: string, { environmentId, objects, diagnostics }: CheckedEnvironment): void {
  const kustomizations = [...new Set(objects.map(({ kustomization }) => kustomization))];
  const sections = kustomizations.map((kustomization) => {
    const members = objects.filter((object) => object.kustomization === kustomization);
    mkdirSync(join(folder, kustomization), { recursive: true });
    const rows = members.map((object) => {
      const file = `${kustomization}/${fileNameOf(object)}`;
      writeFileSync(join(folder, file), `${object.text.trim()}\n`);
      return row(object, file);
    });
    return `<h2 id="${kustomization}">${forHtml(kustomization)}</h2>\n<table>${rows.join("\n")}</table>`;
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "index.html"),
    page(`Objects in ${environmentId}`, `${diagnosticList(diagnostics)}${sections.join("\n")}`),
  );
}

function row(object: Manifest, file: string): string {
  const { kind, namespace = "", name, apiVersion } = object;
  const cells = [kind, namespace, `<a href="${file}">${forHtml(name)}</a>`, apiVersion];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function diagnosticList(diagnostics: readonly Diagnostic[]): string {
  if (diagnostics.length === 0) return "<p>No errors.</p>";
  const items = diagnostics.map(
    ({ check, where, summary, hint }) =>
      `<li><b>${forHtml(where.subject ?? "")}</b> ${forHtml(summary)}${hint === undefined ? "" : `: ${forHtml(hint)}`} <i>(${check})</i></li>`,
  );
  return `<h2>Errors</h2><ul>${items.join("\n")}</ul>`;
}

function fileNameOf({ kind, namespace, name, ...rest }: Manifest): string {
  const parts = [groupOf(rest).split(".")[0] ?? "", kind, namespace ?? "", name].filter(
    (part) => part !== "",
  );
  return `${parts
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-")}.yaml`;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${forHtml(title)}</title>
<style>
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; }
  body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
  td { padding: .2rem 1rem .2rem 0; vertical-align: top; }
</style>
<h1>${forHtml(title)}</h1>
${body}
</html>
`;
}

function forHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
