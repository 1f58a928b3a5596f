/** A measured page with its budget, and its time in the former application. */
export interface Budget {
  readonly title: string;
  /** Processor time of the application for one request, in milliseconds. */
  readonly cpu: number;
  /** The same in the Django application on gunicorn with three workers, for orientation, where it is known. */
  readonly django?: number;
}

export const BUDGETS = {
  signIn: { title: "sign-in page", cpu: 0.2 },
  list: { title: "list of notes", cpu: 1.0, django: 74 },
  note: { title: "one note", cpu: 0.5, django: 11 },
  create: { title: "create a note", cpu: 0.7, django: 7 },
} as const satisfies Readonly<Record<string, Budget>>;

/** p99 at half of the saturation rate, in milliseconds. */
export const P99_AT_HALF = 25;
/** p99 of the usual mix on processes that are limited to a fraction of a CPU and use half of it, in milliseconds. */
export const P99_UNDER_LIMIT = 100;
/** p99 of reads during many concurrent sign-ins, in milliseconds. */
export const P99_IN_STORM = 60;
/** From starting the process until it is ready, on PostgreSQL, in milliseconds. */
export const START_TO_READY = 1_000;
/** Memory under load, in megabytes. */
export const MEMORY = 120;
