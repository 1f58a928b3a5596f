import type { Move } from "./move.js";

/** One thing that a person does, with what they type. */
export interface MoveStep {
  readonly what: string;
  readonly commands: readonly string[];
}

/**
 * What raises the copy and brings the visitors to it, in order. docs/runbook.md ("Move to another region") says what one sees
 * at each step, and how long it takes.
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
              `npm run move-region -- --env ${source.name} --to ${copy.region}`,
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
        `kubectl --context ${names.instance} -n notejam create job restore --from=cronjob/notejam-restore`,
        `kubectl --context ${names.instance} -n notejam logs -f job/restore`,
      ],
    },
    { what: `Bring ${copy.hostName} to the copy`, commands: dnsCommands(move) },
    {
      what: "Look",
      commands: [
        `curl -sS -o /dev/null -w '%{http_code} %{remote_ip}\\n' https://${copy.hostName}/readyz`,
        `kubectl --context ${names.instance} -n notejam create job drill --from=cronjob/notejam-drill`,
      ],
    },
  ];
}

/** The first copy's external-dns owns the record by a text record beside it; the copy's own does not touch it before that is gone. */
function dnsCommands({ copy }: Move): string[] {
  return [
    `ZONE=$(aws route53 list-hosted-zones-by-name --dns-name ${copy.hostedZone} --query 'HostedZones[0].Id' --output text)`,
    `aws route53 list-resource-record-sets --hosted-zone-id "$ZONE" --query "{Changes: ResourceRecordSets[?contains(Name, '${copy.hostName}.') && (Type=='A' || Type=='AAAA' || Type=='TXT')].{Action: 'DELETE', ResourceRecordSet: @}}" > records.json`,
    `aws route53 change-resource-record-sets --hosted-zone-id "$ZONE" --change-batch file://records.json`,
  ];
}
