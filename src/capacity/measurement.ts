import { readFileSync } from "node:fs";
import * as z from "zod";

const measurementSchema = z.object({
  /** Day of the measurement, `YYYY-MM-DD`. */
  when: z.iso.date(),
  /** Machine, kernel, Node, PostgreSQL. */
  where: z.string().min(1),
  /** Command of the measurement. */
  command: z.string().min(1),
  /** Mix of requests. */
  mix: z.string().min(1),
  /**
   * CPU time of the application per request, in milliseconds, for evenly spaced requests at the HPA's target CPU. A
   * process with queued requests needs much less per request.
   */
  applicationMilliseconds: z.number().positive(),
  /** CPU time of the database per request, in milliseconds. */
  databaseMilliseconds: z.number().positive(),
});

/** Measured CPU time of one application process. */
export type Measurement = Readonly<z.infer<typeof measurementSchema>>;

/**
 * Reads a measurement.
 *
 * @throws Error with the file and its errors
 */
export function readMeasurement(file: string | URL): Measurement {
  const parsed = measurementSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new Error(`${file} is not a measurement:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
