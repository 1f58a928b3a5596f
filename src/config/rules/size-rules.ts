import { fieldErrors } from "../field-error.js";
import type { Errors, ValidFields } from "./rule.js";

const error = fieldErrors("sizes");

/** Graviton families have a g after the generation: t4g, m7gd, c8gn. */
const ARM64_INSTANCE_TYPE = /^(a1|[a-z]+\d+g)/;

/** Limits are in order, instance types run the images, and the sign-in limit is below the flood limit. */
export function* checkSizes({ nodeGroups, application, database, waf }: ValidFields): Errors {
  yield* checkNodeGroups(nodeGroups);
  yield* checkRange("application.replicas", application?.replicas);
  yield* checkRange("database.readers", database?.readers);
  if (waf !== undefined && waf.signInLimit >= waf.floodLimit) {
    yield error(
      "waf.signInLimit",
      waf.signInLimit,
      `a number below waf.floodLimit (${waf.floodLimit}), which would block the address first`,
      `write less than ${waf.floodLimit}, such as 100`,
    );
  }
}

function* checkNodeGroups(nodeGroups: ValidFields["nodeGroups"] = undefined): Errors {
  for (const [group, { min, desired, max, instanceTypes }] of Object.entries(nodeGroups ?? {})) {
    if (min > desired || desired > max) {
      yield error(
        `nodeGroups.${group}`,
        { min, desired, max },
        "min ≤ desired ≤ max",
        `write { min: ${min}, desired: ${min}, max: ${Math.max(min, desired, max)} }`,
      );
    }
    for (const [index, type] of instanceTypes.entries()) {
      if (!ARM64_INSTANCE_TYPE.test(type)) continue;
      yield error(
        `nodeGroups.${group}.instanceTypes[${index}]`,
        type,
        "an x86_64 instance type: node and container images are not built for arm64",
        'choose an Intel or AMD type, such as "t3.large" or "m7i.large"',
      );
    }
  }
}

function* checkRange(
  field: string,
  range: { readonly min: number; readonly max: number } | undefined,
): Errors {
  if (range === undefined || range.min <= range.max) return;
  yield error(field, range, "min ≤ max", `write { min: ${range.max}, max: ${range.min} }`);
}
