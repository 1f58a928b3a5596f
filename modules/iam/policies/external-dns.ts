import type { PolicyStatement } from "../../core/iam-policy.js";

/**
 * Returns the permissions of external-dns: manage the records of one zone, except NS, SOA and MX records.
 *
 * @param zoneArn ARN of the hosted zone
 * @see https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/aws/#iam-policy
 */
export function externalDns(zoneArn: string): PolicyStatement[] {
  return [
    {
      sid: "ChangeRecords",
      actions: ["route53:ChangeResourceRecordSets"],
      resources: [zoneArn],
      conditions: {
        "ForAllValues:StringEquals": {
          "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME", "TXT"],
        },
      },
    },
    {
      sid: "ReadZone",
      actions: [
        "route53:GetHostedZone",
        "route53:ListResourceRecordSets",
        "route53:ListTagsForResource",
        "route53:ListTagsForResources",
      ],
      resources: [zoneArn],
    },
    {
      sid: "ListZones",
      actions: ["route53:ListHostedZones", "route53:ListHostedZonesByName"],
      // These actions do not support resource-level permissions.
      resources: ["*"],
    },
  ];
}
