import { fieldErrors } from "../field-error.js";
import { COMPUTED_TAGS } from "../tags.js";
import type { Errors, ValidFields } from "./rule.js";

const error = fieldErrors("tags");

/** Tags that the code sets are not overridden. */
export function* checkTags({ tags }: ValidFields): Errors {
  for (const [tag, value] of Object.entries(tags ?? {})) {
    const computed = COMPUTED_TAGS.find((name) => name.toLowerCase() === tag.toLowerCase());
    if (computed === undefined) continue;
    yield error(`tags.${tag}`, value, `any tag except ${computed}, which the code sets`, "remove it");
  }
}
