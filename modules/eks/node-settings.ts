/** Maximum number of pods per node, which AWS recommends for prefix delegation below 30 vCPUs. */
export const MAX_PODS = 110;

/** Share of a node group that an update replaces at a time, in percent. */
export const MAX_UNAVAILABLE_PERCENT = 33;

/** Spare address blocks (/28) that the VPC CNI plugin reserves on each node. */
export const WARM_PREFIX_TARGET = 1;

/** Key of the label, and of the taint if there is one, whose value is the node group's name. */
export const SCOPE_LABEL = "scope";
