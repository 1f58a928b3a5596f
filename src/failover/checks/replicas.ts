import { DescribeImagesCommand, type ImageDetail } from "@aws-sdk/client-ecr";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { keyAlias, REPLICATED_KEYS, replicaKeyAlias } from "@notejam/constructs/kms/names";
import type { Diagnostic } from "../../diagnostic.js";
import { isAbsent, runCheck } from "../aws-answers.js";
import type { Failover } from "../failover.js";
import { failed, passed } from "../results.js";

/** Checks the replicas that a standby needs: keys, images, the application's login. */
export async function checkReplicas(failover: Failover): Promise<Diagnostic[]> {
  const results = [
    ...REPLICATED_KEYS.map((purpose) =>
      runCheck("keys", () =>
        key(failover, replicaKeyAlias(keyAlias(purpose, failover.primaryNames.environmentId))),
      ),
    ),
    runCheck("secrets", () => secret(failover)),
    runCheck("images", () => images(failover)),
  ];
  return (await Promise.all(results)).flat();
}

async function key({ target }: Failover, alias: string): Promise<Diagnostic[]> {
  const described = await target.kms
    .send(new DescribeKeyCommand({ KeyId: alias }))
    .catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
  const state = described?.KeyMetadata?.KeyState;
  if (state === "Enabled") return [passed("keys", `${alias} is enabled`)];
  if (state === undefined) {
    return [failed("keys", `${alias} is not in ${target.region}`, notReplicated(target.region))];
  }
  return [
    failed("keys", `${alias} is ${state}`, `aws kms enable-key --region ${target.region} --key-id ${alias}`),
  ];
}

async function secret({ target, primaryNames }: Failover): Promise<Diagnostic[]> {
  const name = primaryNames.databaseSecretName;
  const described = await target.secrets
    .send(new DescribeSecretCommand({ SecretId: name }))
    .catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
  if (described === undefined) {
    return [failed("secrets", `${name} is not in ${target.region}`, notReplicated(target.region))];
  }
  if (described.DeletedDate !== undefined) {
    const hint = `aws secretsmanager restore-secret --region ${target.region} --secret-id ${name}`;
    return [failed("secrets", `${name} is scheduled for deletion`, hint)];
  }
  return [passed("secrets", `${name} is replicated`)];
}

async function images({ target, primaryNames }: Failover): Promise<Diagnostic[]> {
  const repository = primaryNames.imageRepository;
  const newest = await newestImage(target, repository).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  const tags = newest?.imageTags?.join(", ");
  if (tags === undefined) {
    const hint =
      "push an image after the deployment of the replication rule in the bootstrap stack, or push one to this region";
    return [failed("images", `${repository} in ${target.region} has no tagged image`, hint)];
  }
  const pushed = newest?.imagePushedAt?.toISOString().slice(0, 16).replace("T", " ");
  return [passed("images", `${repository} has ${tags} (pushed ${pushed} UTC)`)];
}

async function newestImage(
  { ecr }: Failover["target"],
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
  return `choose the drRegion of the environment, or set drRegion: "${region}" and deploy it while the primary region is available`;
}
