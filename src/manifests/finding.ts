/** Something that is wrong in what would be applied. */
export interface Finding {
  /** Which check says so. */
  readonly check: string;
  /** The object or file concerned, as people call it. */
  readonly where: string;
  /** What is wrong, and what to do about it. */
  readonly what: string;
}
