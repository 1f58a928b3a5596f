/**
 * Returns a text that an attribute takes as it is: `${` and `%{` in it are no expressions of Terraform.
 *
 * Use it for text from outside of the code, such as a file or an e-mail address. Not for an argument of a function:
 * `terraform-functions.ts` escapes those itself.
 *
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
 */
export function literalText(text: string): string {
  return text.replaceAll(/[$%]\{/g, (opening) => `${opening.charAt(0)}${opening}`);
}
