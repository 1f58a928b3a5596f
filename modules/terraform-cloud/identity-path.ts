/**
 * The IAM path of what governs Terraform itself: the run roles and the boundaries. An environment's rights over
 * `role/notejam-<env>-*` never reach below a path, so a run cannot change its own.
 */
export const GOVERNING_PATH = "/terraform-cloud/";
