import { EmulatorError } from "@notejam/emulator/emulator-error";
import { UserError } from "../user-error.js";

/** Turns an error of the emulator into a {@link UserError}. Returns any other error unchanged. */
export function explainEmulatorError(error: unknown): unknown {
  return error instanceof EmulatorError
    ? new UserError(error.summary, { hint: error.hint, cause: error })
    : error;
}

/** Awaits a call of the emulator. @throws UserError in place of its EmulatorError */
export async function withUserErrors<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    throw explainEmulatorError(error);
  });
}
