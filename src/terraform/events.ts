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
/** Error or warning of Terraform, with the address of its resource. */
export type TerraformDiagnostic = z.infer<typeof Diagnostic>;

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
 * Event of Terraform's `-json` output: the types that this repository uses.
 * @see https://developer.hashicorp.com/terraform/internals/machine-readable-ui
 */
export type TerraformEvent = z.infer<typeof Event>;

/** Parses one line of `-json` output. Returns undefined for other types of event. */
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
