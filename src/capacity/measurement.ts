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
  /** Processor that the one process was held to, in thousandths. */
  millicores: z.number().positive(),
  /** Requests per second that it answered under that limit, as many as there could be. */
  requestsPerSecond: z.number().positive(),
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
