import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate/index.js";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation/index.js";
import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone/index.js";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import { Construct } from "constructs";

export interface DnsProps {
  /** The public hosted zone that exists already, such as `example.org`. */
  readonly hostedZoneName: string;
  /** The site's host name, in that zone, such as `notes.example.org`. */
  readonly hostName: string;
}

/** Low, so that a certificate that is made anew is not held up by an old answer. */
const VALIDATION_TTL_SECONDS = 60;

/**
 * The site's name: the hosted zone (made by people, once, for it outlives every environment) and a certificate for
 * the host, proven through a record in that zone and renewed by AWS for as long as the record is there.
 *
 * The site's own address record is not here: external-dns keeps it, beside the Ingress that it belongs to.
 */
export class Dns extends Construct {
  readonly zoneId: string;
  readonly zoneArn: string;
  readonly zoneName: string;
  /** Known once AWS has issued the certificate, so a listener that uses it waits for that. */
  readonly certificateArn: string;

  constructor(scope: Construct, id: string, props: DnsProps) {
    super(scope, id);
    const { hostedZoneName, hostName } = props;
    if (hostName !== hostedZoneName && !hostName.endsWith(`.${hostedZoneName}`)) {
      throw new Error(
        `${this.node.path}: the host name "${hostName}" is not in the hosted zone "${hostedZoneName}"; it must end in ".${hostedZoneName}".`,
      );
    }
    const zone = new DataAwsRoute53Zone(this, "zone", { name: hostedZoneName, privateZone: false });
    this.zoneId = zone.zoneId;
    this.zoneArn = zone.arn;
    this.zoneName = hostedZoneName;
    this.certificateArn = this.addCertificate(hostName);
  }

  private addCertificate(hostName: string): string {
    const certificate = new AcmCertificate(this, "certificate", {
      domainName: hostName,
      validationMethod: "DNS",
      tags: { Name: hostName },
      // The listener holds the old one until it has the new.
      lifecycle: { createBeforeDestroy: true },
    });
    // One host name, so one option; it is a set, and the plan knows its size before AWS has filled it.
    const option = certificate.domainValidationOptions.get(0);
    const proof = new Route53Record(this, "certificate-proof", {
      zoneId: this.zoneId,
      name: option.resourceRecordName,
      type: option.resourceRecordType,
      records: [option.resourceRecordValue],
      ttl: VALIDATION_TTL_SECONDS,
      // AWS asks the same record of every certificate for a host in one account, so a recovery copy of the environment
      // meets the first one's. A destroy of either takes it away; the next apply of the other puts it back.
      allowOverwrite: true,
    });
    return new AcmCertificateValidation(this, "certificate-validation", {
      certificateArn: certificate.arn,
      validationRecordFqdns: [proof.fqdn],
    }).certificateArn;
  }
}
