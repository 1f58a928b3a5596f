/** Everything is as it should be. */
export const FINE = 0;
/** What was checked is not so, or the plan has errors. */
export const NOT_SO = 1;
/** Wrong use or input, or a service out of reach: nothing was found out. */
export const NOT_DONE = 2;
