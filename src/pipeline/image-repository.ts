import { DescribeImagesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { reasonOf } from "../error-text.js";
import { UserError } from "../user-error.js";

/** Repository in ECR. */
export interface ImageRepository {
  /** Address: `<account>.dkr.ecr.<region>.amazonaws.com/<name>`. */
  readonly url: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

/** Image with its digest and tags. */
export interface TaggedImage {
  readonly digest: string;
  readonly tags: readonly string[];
}

const URL_FORM =
  /^(?<account>\d{12})\.dkr[.-]ecr\.(?<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\/(?<name>[a-z0-9][a-z0-9._/-]{1,255})$/;

/** Parses the address of a repository. @param what option or variable of the address, for error messages */
export function parseRepository(url: string, what: string): ImageRepository {
  const { account, region, name } = URL_FORM.exec(url)?.groups ?? {};
  if (account === undefined || region === undefined || name === undefined) {
    throw new UserError(`${what} is ${JSON.stringify(url)}, not an ECR repository.`, {
      hint: "Set it to <account>.dkr.ecr.<region>.amazonaws.com/<name>, as in the variables DEV_REGISTRY and PROD_REGISTRY.",
    });
  }
  return { url, account, region, name };
}

/** Returns all tagged images of a repository. Needs `ecr:DescribeImages`. */
export async function taggedImages({ account, region, name, url }: ImageRepository): Promise<TaggedImage[]> {
  const client = new ECRClient({ region });
  const found: TaggedImage[] = [];
  try {
    let nextToken: string | undefined;
    do {
      const page = await client.send(
        new DescribeImagesCommand({
          registryId: account,
          repositoryName: name,
          filter: { tagStatus: "TAGGED" },
          maxResults: PAGE_SIZE,
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      for (const { imageDigest: digest, imageTags: tags } of page.imageDetails ?? []) {
        if (digest !== undefined && tags !== undefined) found.push({ digest, tags });
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return found;
  } catch (error) {
    throw new UserError(`The images in ${url} cannot be listed: ${awsReason(error)}.`, {
      hint: "The role needs ecr:DescribeImages. By hand, sign in to that account first.",
      cause: error,
    });
  } finally {
    client.destroy();
  }
}

/** Largest page that ECR returns. */
const PAGE_SIZE = 1000;

function awsReason(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  const message = reasonOf(error).replace(/\.$/, "");
  if (message === "") return name === "" ? "no response" : name;
  return name === "" || name === "Error" || message.includes(name) ? message : `${name}: ${message}`;
}
