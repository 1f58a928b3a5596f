/** Something that keeps the program from looking at all; its message is all that a person needs. */
export class MoveProblem extends Error {
  override readonly name = "MoveProblem";
}
