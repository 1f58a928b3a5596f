import { DescribeImagesCommand, type ImageDetail } from "@aws-sdk/client-ecr";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { keyAlias, REPLICATED_KEYS, replicaKeyAlias } from "../../../modules/kms/names.js";
import { ask, isAbsent } from "../aws-answers.js";
import type { Move } from "../failover.js";
import { type Finding, missing, ok } from "../finding.js";

/** Whether what a copy is raised from has been replicated: keys, images, the application's login. */
export async function checkReplicas(move: Move): Promise<Finding[]> {
  const looks = [
    ...REPLICATED_KEYS.map((purpose) =>
      ask("keys", () => key(move, replicaKeyAlias(keyAlias(purpose, move.sourceNames.instance)))),
    ),
    ask("secrets", () => secret(move)),
    ask("images", () => images(move)),
  ];
  return (await Promise.all(looks)).flat();
}

async function key({ target }: Move, alias: string): Promise<Finding[]> {
  const described = await target.kms
    .send(new DescribeKeyCommand({ KeyId: alias }))
    .catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
  const state = described?.KeyMetadata?.KeyState;
  if (state === "Enabled") return [ok("keys", `${alias} is enabled`)];
  if (state === undefined) {
    return [missing("keys", `${alias} is not in ${target.region}`, notReplicated(target.region))];
  }
  return [
    missing("keys", `${alias} is ${state}`, `aws kms enable-key --region ${target.region} --key-id ${alias}`),
  ];
}

async function secret({ target, sourceNames }: Move): Promise<Finding[]> {
  const name = sourceNames.databaseSecretName;
  const described = await target.secrets
    .send(new DescribeSecretCommand({ SecretId: name }))
    .catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
  if (described === undefined) {
    return [missing("secrets", `${name} is not in ${target.region}`, notReplicated(target.region))];
  }
  if (described.DeletedDate !== undefined) {
    const remedy = `aws secretsmanager restore-secret --region ${target.region} --secret-id ${name}`;
    return [missing("secrets", `${name} is scheduled for deletion`, remedy)];
  }
  return [ok("secrets", `${name} is replicated`)];
}

async function images({ target, sourceNames }: Move): Promise<Finding[]> {
  const repository = sourceNames.imageRepository;
  const newest = await newestImage(target, repository).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  const tags = newest?.imageTags?.join(", ");
  if (tags === undefined) {
    const remedy =
      "push an image once the replication rule of the bootstrap stack is there, or push one to this region by hand";
    return [missing("images", `${repository} in ${target.region} holds no tagged image`, remedy)];
  }
  const pushed = newest?.imagePushedAt?.toISOString().slice(0, 16).replace("T", " ");
  return [ok("images", `${repository} holds ${tags} (pushed ${pushed} UTC)`)];
}

async function newestImage(
  { ecr }: Move["target"],
  repositoryName: string,
): Promise<ImageDetail | undefined> {
  let newest: ImageDetail | undefined;
  let nextToken: string | undefined;
  do {
    const page = await ecr.send(
      new DescribeImagesCommand({ repositoryName, nextToken, filter: { tagStatus: "TAGGED" } }),
    );
    for (const image of page.imageDetails ?? []) {
      if (image.imageTags?.length && time(image) >= time(newest)) newest = image;
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return newest;
}

function time(image: ImageDetail | undefined): number {
  return image?.imagePushedAt?.getTime() ?? 0;
}

function notReplicated(region: string): string {
  return `move to the environment's drRegion, or state drRegion: "${region}" and deploy while the first region still answers`;
}
