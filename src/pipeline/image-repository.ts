import { DescribeImagesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { PipelineProblem, reasonOf } from "./problem.js";

/** A repository of images in ECR. */
export interface ImageRepository {
  /** What people type: `<account>.dkr.ecr.<region>.amazonaws.com/<name>`. */
  readonly url: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

/** An image, by what names it. */
export interface TaggedImage {
  readonly digest: string;
  readonly tags: readonly string[];
}

const URL_FORM =
  /^(?<account>\d{12})\.dkr[.-]ecr\.(?<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\/(?<name>[a-z0-9][a-z0-9._/-]{1,255})$/;

/** @param what the flag or variable that the URL came from, for messages */
export function parseRepository(url: string, what: string): ImageRepository {
  const { account, region, name } = URL_FORM.exec(url)?.groups ?? {};
  if (account === undefined || region === undefined || name === undefined) {
    throw new PipelineProblem(
      `${what} is ${JSON.stringify(url)}, not a repository in ECR.`,
      "It has the form <account>.dkr.ecr.<region>.amazonaws.com/<name>, as the variables DEV_REGISTRY and PROD_REGISTRY have it.",
    );
  }
  return { url, account, region, name };
}

/** Every tagged image of a repository. Needs `ecr:DescribeImages`. */
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
    throw new PipelineProblem(
      `The images in ${url} cannot be listed: ${awsReason(error)}.`,
      "The role needs ecr:DescribeImages there; by hand, sign in to that account first.",
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

/** ECR gives at most this many at once. */
const PAGE_SIZE = 1000;

function awsReason(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  const said = reasonOf(error).replace(/\.$/, "");
  if (said === "") return name === "" ? "no answer" : name;
  return name === "" || name === "Error" || said.includes(name) ? said : `${name}: ${said}`;
}
