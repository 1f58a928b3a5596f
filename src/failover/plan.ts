import type { Failover } from "./failover.js";

/** A manual step with its commands. */
export interface FailoverStep {
  readonly title: string;
  readonly commands: readonly string[];
}

/**
 * Steps that provision the standby and redirect visitors to it, in order. docs/runbook/region-failover.md lists the
 * expected output and duration of each.
 */
export function failoverSteps(failover: Failover, hasFile: boolean): FailoverStep[] {
  const { primary, names, standby } = failover;
  const file = `environments/${names.environmentId}.ts`;
  return [
    ...(hasFile
      ? []
      : [
          {
            title: `Write ${file}, and commit it`,
            commands: [
              `npm run failover -- --env ${primary.name} --to ${standby.region}`,
              `git add ${file} && git commit -m "Deploy ${primary.name} in ${standby.region}"`,
            ],
          },
        ]),
    {
      title: `Set the variables of the workspaces of ${names.environmentId}; the login is in the replicated secret`,
      commands: [
        `aws secretsmanager get-secret-value --region ${standby.region} --secret-id ${failover.primaryNames.databaseSecretName} --query SecretString --output text`,
      ],
    },
    { title: "Deploy network, cluster and database", commands: [`npx cdktf deploy ${names.platformStack}`] },
    {
      title: "Deploy Flux, which deploys the workloads",
      commands: [`npx cdktf deploy ${names.gitopsStack}`],
    },
    {
      title: "Restore the newest replicated backup",
      commands: [
        `aws eks update-kubeconfig --region ${standby.region} --name ${names.clusterName} --alias ${names.environmentId}`,
        `JOB=restore-$(date +%s); kubectl --context ${names.environmentId} -n notejam create job "$JOB" --from=cronjob/notejam-restore`,
        `kubectl --context ${names.environmentId} -n notejam logs -f "job/$JOB" --pod-running-timeout=10m`,
      ],
    },
    { title: `Point ${standby.hostName} to the standby`, commands: dnsCommands(failover) },
    {
      title: "Check the site",
      commands: [
        `curl -sS -o /dev/null -w '%{http_code} %{remote_ip}\\n' https://${standby.hostName}/readyz`,
      ],
    },
    {
      title: "Create the first backup of the standby, and test its restore",
      commands: [
        `JOB=backup-$(date +%s); kubectl --context ${names.environmentId} -n notejam create job "$JOB" --from=cronjob/notejam-backup`,
        `kubectl --context ${names.environmentId} -n notejam wait --for=condition=Complete "job/$JOB" --timeout=4h`,
        `kubectl --context ${names.environmentId} -n notejam create job "restore-test-$(date +%s)" --from=cronjob/notejam-restore-test`,
      ],
    },
  ];
}

/**
 * The primary's external-dns owns the DNS records through TXT records (flux/infrastructure/controllers/external-dns.yaml); the
 * standby's does not change them until these are deleted. Each record is named in full, because other host names in the
 * zone can have the same suffix.
 *
 * @see https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/
 */
function dnsCommands({ standby }: Failover): string[] {
  const named = (name: string, type: string) => `(Name=='${name}.' && Type=='${type}')`;
  const records = [
    ...["A", "AAAA"].map((type) => named(standby.hostName, type)),
    ...["a", "aaaa", "cname"].map((type) => named(`_owner.${type}.${standby.hostName}`, "TXT")),
  ].join(" || ");
  return [
    `ZONE=$(aws route53 list-hosted-zones-by-name --dns-name ${standby.hostedZone} --query "HostedZones[?Name=='${standby.hostedZone}.' && Config.PrivateZone==\\\`false\\\`].Id | [0]" --output text)`,
    `aws route53 list-resource-record-sets --hosted-zone-id "$ZONE" --query "{Changes: ResourceRecordSets[?${records}].{Action: 'DELETE', ResourceRecordSet: @}}" --output json > records.json`,
    `aws route53 change-resource-record-sets --hosted-zone-id "$ZONE" --change-batch file://records.json`,
  ];
}
