import { z } from "zod";

const Resource = z.object({ addr: z.string() });
const Hook = z.object({
  resource: Resource,
  elapsed_seconds: z.number().default(0),
  action: z.string().optional(),
});
const Diagnostic = z.object({
  severity: z.enum(["error", "warning"]),
  summary: z.string(),
  detail: z.string().default(""),
  address: z.string().optional(),
});
/** An error or warning of Terraform: the address of the resource it is about, what is wrong, and the detail. */
export type Diagnostic = z.infer<typeof Diagnostic>;

const Event = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("planned_change"),
    change: z.object({ resource: Resource, action: z.string() }),
  }),
  z.object({
    type: z.literal("change_summary"),
    changes: z.object({
      add: z.number(),
      change: z.number(),
      remove: z.number(),
      operation: z.enum(["plan", "apply", "destroy"]),
    }),
  }),
  z.object({ type: z.literal("refresh_start"), hook: Hook }),
  z.object({ type: z.literal("refresh_complete"), hook: Hook }),
  z.object({ type: z.literal("apply_start"), hook: Hook }),
  z.object({ type: z.literal("apply_complete"), hook: Hook }),
  z.object({ type: z.literal("apply_errored"), hook: Hook }),
  z.object({ type: z.literal("diagnostic"), diagnostic: Diagnostic }),
]);

/**
 * What Terraform reports while it works, as far as local mode looks at it.
 * @see https://developer.hashicorp.com/terraform/internals/machine-readable-ui
 */
export type TerraformEvent = z.infer<typeof Event>;

/** Reads one line of `-json` output; undefined for the kinds of event that nobody here looks at. */
export function parseEvent(line: string): TerraformEvent | undefined {
  if (!line.startsWith("{")) {
    return undefined;
  }
  try {
    return Event.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** A diagnostic as people read it: address and summary on the first line, the detail indented below. */
export function describeDiagnostic({ address, summary, detail }: Diagnostic): string {
  const title = address === undefined ? summary : `${address}: ${summary}`;
  // Where the provider only repeats the summary as detail, once is enough.
  const rest = detail.trim() === summary.trim() ? "" : detail.trim();
  return [title, ...rest.split("\n").filter((line) => line.trim() !== "")].join("\n    ");
}
