/**
 * IAM path of Terraform's own identities: run roles and permissions boundaries. The permissions of an environment for
 * `role/<name>-*` do not include roles with a path, so a run cannot change its own role.
 */
export const TERRAFORM_IAM_PATH = "/terraform-cloud/";
