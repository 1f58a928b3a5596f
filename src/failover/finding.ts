/** What was found about one precondition. */
export interface Finding {
  /** The precondition, such as `keys`. */
  readonly what: string;
  /** `unsure`: it could not be looked at, or a person has to judge; only `missing` stops a move. */
  readonly outcome: "ok" | "missing" | "unsure";
  /** What was seen, with the name of the thing. */
  readonly detail: string;
  /** What to do about it; absent when it is ok. */
  readonly remedy?: string;
}

/** The precondition holds. */
export function ok(what: string, detail: string): Finding {
  return { what, outcome: "ok", detail };
}

/** The precondition does not hold: the move would fail, or bring nothing back. */
export function missing(what: string, detail: string, remedy: string): Finding {
  return { what, outcome: "missing", detail, remedy };
}

/** It cannot be told from here. */
export function unsure(what: string, detail: string, remedy: string): Finding {
  return { what, outcome: "unsure", detail, remedy };
}
