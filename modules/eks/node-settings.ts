/** Most pods of a node: AWS's advice for prefix delegation below 30 vCPU. */
export const MAX_PODS = 110;

/** Share of a node group that an update replaces at the same time, in percent. */
export const MAX_UNAVAILABLE_PERCENT = 33;

/** Address blocks that the network plugin keeps in reserve on each node. */
export const WARM_PREFIX_TARGET = 1;

/** Key of the label, and of the taint if there is one, whose value is the node group's name. */
export const SCOPE_LABEL = "scope";
