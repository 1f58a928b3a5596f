/** A program that the command needs and this machine does not have. Its message is for people, in one line. */
export class MissingTool extends Error {
  override readonly name = "MissingTool";

  /** What is missing, as people call it. */
  readonly tool: string;
  /** The shortest way to get it: a command, or one sentence. */
  readonly howToGet: string;

  constructor(tool: string, howToGet: string) {
    super(`${tool} is missing. Get it with: ${howToGet}`);
    this.tool = tool;
    this.howToGet = howToGet;
  }
}
