import type { Move } from "./failover.js";

/** One thing that a person does, with what they type. */
export interface MoveStep {
  readonly what: string;
  readonly commands: readonly string[];
}

/**
 * Steps that provision the DR replica and move the visitors to it, in order. docs/runbook/region-failover.md lists the expected
 * output and duration of each.
 */
export function moveSteps(move: Move, prepared: boolean): MoveStep[] {
  const { source, names, copy } = move;
  const file = `environments/${names.instance}.ts`;
  return [
    ...(prepared
      ? []
      : [
          {
            what: `Write ${file}, and commit it`,
            commands: [
              `npm run failover -- --env ${source.name} --to ${copy.region}`,
              `git add ${file} && git commit -m "Raise ${source.name} in ${copy.region}"`,
            ],
          },
        ]),
    {
      what: `Give the workspaces of ${names.instance} their variables; the login is that of the replicated secret`,
      commands: [
        `aws secretsmanager get-secret-value --region ${copy.region} --secret-id ${move.sourceNames.databaseSecretName} --query SecretString --output text`,
      ],
    },
    { what: "Raise network, cluster and database", commands: [`npx cdktf deploy ${names.platformStack}`] },
    { what: "Let Flux run what the cluster runs", commands: [`npx cdktf deploy ${names.gitopsStack}`] },
    {
      what: "Bring the notes back from the newest replicated backup",
      commands: [
        `aws eks update-kubeconfig --region ${copy.region} --name ${names.clusterName} --alias ${names.instance}`,
        `JOB=restore-$(date +%s); kubectl --context ${names.instance} -n notejam create job "$JOB" --from=cronjob/notejam-restore`,
        `kubectl --context ${names.instance} -n notejam logs -f "job/$JOB" --pod-running-timeout=10m`,
      ],
    },
    { what: `Bring ${copy.hostName} to the copy`, commands: dnsCommands(move) },
    {
      what: "Look",
      commands: [`curl -sS -o /dev/null -w '%{http_code} %{remote_ip}\\n' https://${copy.hostName}/readyz`],
    },
    {
      what: "Take the copy's first backup, and prove it",
      commands: [
        `JOB=backup-$(date +%s); kubectl --context ${names.instance} -n notejam create job "$JOB" --from=cronjob/notejam-backup`,
        `kubectl --context ${names.instance} -n notejam wait --for=condition=Complete "job/$JOB" --timeout=4h`,
        `kubectl --context ${names.instance} -n notejam create job "restore-test-$(date +%s)" --from=cronjob/notejam-restore-test`,
      ],
    },
  ];
}

/**
 * The first copy's external-dns owns the record by text records beside it (flux/infrastructure/controllers/external-dns.yaml); the
 * copy's own does not touch it before those are gone. Other host names of the zone may end alike, so each record is named in full.
 *
 * @see https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/
 */
function dnsCommands({ copy }: Move): string[] {
  const named = (name: string, type: string) => `(Name=='${name}.' && Type=='${type}')`;
  const records = [
    ...["A", "AAAA"].map((type) => named(copy.hostName, type)),
    ...["a", "aaaa", "cname"].map((type) => named(`_owner.${type}.${copy.hostName}`, "TXT")),
  ].join(" || ");
  return [
    `ZONE=$(aws route53 list-hosted-zones-by-name --dns-name ${copy.hostedZone} --query "HostedZones[?Name=='${copy.hostedZone}.' && Config.PrivateZone==\\\`false\\\`].Id | [0]" --output text)`,
    `aws route53 list-resource-record-sets --hosted-zone-id "$ZONE" --query "{Changes: ResourceRecordSets[?${records}].{Action: 'DELETE', ResourceRecordSet: @}}" --output json > records.json`,
    `aws route53 change-resource-record-sets --hosted-zone-id "$ZONE" --change-batch file://records.json`,
  ];
}
