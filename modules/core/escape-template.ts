/**
 * Escapes `${` and `%{` in a text, so that Terraform does not read them as template sequences.
 *
 * Use it for argument values from outside the code, such as a file or an email address. Do not use it for arguments of
 * functions: `terraform-functions.ts` escapes those.
 *
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
 */
export function escapeTemplate(text: string): string {
  return text.replaceAll(/[$%]\{/g, (opening) => `${opening.charAt(0)}${opening}`);
}
