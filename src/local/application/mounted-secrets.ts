import { parse } from "yaml";
import { z } from "zod";
import { type Fields, textAt } from "../../kubernetes/objects.js";
import { UserError } from "../../user-error.js";

/**
 * Objects in a SecretProviderClass of the AWS provider.
 *
 * @see https://github.com/aws/secrets-store-csi-driver-provider-aws#secretproviderclass-options
 */
const Objects = z.array(
  z.object({
    objectName: z.string(),
    objectType: z.literal("secretsmanager"),
    objectAlias: z.string().optional(),
    jmesPath: z
      .array(z.object({ path: z.string().regex(/^\w+$/, "only plain keys"), objectAlias: z.string() }))
      .default([]),
  }),
);

const SecretValue = z.object({ SecretString: z.string() });

/** File contents by file name. */
export type SecretFiles = Readonly<Record<string, string>>;

/**
 * Does the work of the Secrets Store CSI driver: reads the secrets of a SecretProviderClass and returns the files that a pod
 * would see.
 *
 * @param endpoint endpoint of the emulated AWS
 * @throws UserError if a secret or one of its keys does not exist
 */
export async function readMountedSecrets(
  secretProviderClass: Fields,
  endpoint: string,
): Promise<SecretFiles> {
  const objects = Objects.parse(parse(textAt(secretProviderClass, "spec", "parameters", "objects") ?? ""));
  const region = textAt(secretProviderClass, "spec", "parameters", "region") ?? "";
  const files: Record<string, string> = {};
  for (const { objectName, objectAlias = objectName, jmesPath } of objects) {
    const text = await secretValue(endpoint, region, objectName);
    files[objectAlias] = text;
    const keys = jmesPath.length === 0 ? {} : z.record(z.string(), z.string()).parse(JSON.parse(text));
    for (const { path, objectAlias: file } of jmesPath) {
      const value = keys[path];
      if (value === undefined) {
        throw new UserError(
          `The emulated secret ${objectName} has no key ${path}, which ${textAt(secretProviderClass, "metadata", "name")} needs.`,
          { hint: "Compare modules/rds/application-secret.ts and flux/microservices/notejam/base." },
        );
      }
      files[file] = value;
    }
  }
  return files;
}

/**
 * Returns the text of a secret.
 *
 * One call does not justify an AWS SDK. The emulator does not check signatures: it only reads the service and region from
 * the header.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export async function secretValue(endpoint: string, region: string, name: string): Promise<string> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/secretsmanager/aws4_request, SignedHeaders=host, Signature=0`,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.GetSecretValue",
    },
    body: JSON.stringify({ SecretId: name }),
  });
  if (!response.ok) {
    // An error response contains the name of the secret, never its value.
    const answer = await response.text();
    throw new UserError(
      `The emulated Secrets Manager did not return ${name} (HTTP ${response.status}): ${answer.slice(0, 200)}`,
      { hint: "npm start -- --check applies what is missing." },
    );
  }
  return SecretValue.parse(await response.json()).SecretString;
}
