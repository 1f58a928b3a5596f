import { readFileSync } from "node:fs";
import * as z from "zod";

const measurementSchema = z.object({
  /** Day of the measurement, `YYYY-MM-DD`. */
  when: z.iso.date(),
  /** Machine, kernel, Node, PostgreSQL. */
  where: z.string().min(1),
  /** What measured it. */
  command: z.string().min(1),
  /** Which requests, in which parts. */
  mix: z.string().min(1),
  /**
   * Processor time of the application for one request, in milliseconds, when requests come evenly and as many as the autoscaler's
   * target allows. A process that has one request after the other waiting needs much less for each.
   */
  applicationMilliseconds: z.number().positive(),
  /** Processor time of the database for one request, in milliseconds. */
  databaseMilliseconds: z.number().positive(),
});

/** What one process of the application was measured to do. */
export type Measurement = Readonly<z.infer<typeof measurementSchema>>;

/**
 * Reads a measurement.
 *
 * @throws Error that names the file and what is wrong with it
 */
export function readMeasurement(file: string | URL): Measurement {
  const parsed = measurementSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new Error(`${file} is no measurement:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
