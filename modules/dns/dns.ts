import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate/index.js";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation/index.js";
import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone/index.js";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import { Construct } from "constructs";

export interface DnsProps {
  /** Name of an existing public hosted zone, such as `example.org`. */
  readonly hostedZoneName: string;
  /** Host name in that zone, such as `notes.example.org`. */
  readonly hostName: string;
}

/** Short, so that cached DNS responses do not delay a new certificate. */
const VALIDATION_TTL_SECONDS = 60;

/**
 * ACM certificate of a host name, validated by a DNS record in an existing hosted zone. AWS renews the certificate while
 * the record exists.
 *
 * external-dns manages the address record of the host, together with its Ingress.
 */
export class Dns extends Construct {
  readonly zoneId: string;
  readonly zoneArn: string;
  readonly zoneName: string;
  /** ARN of the issued certificate: a listener that uses it waits for the validation. */
  readonly certificateArn: string;

  constructor(scope: Construct, id: string, props: DnsProps) {
    super(scope, id);
    const { hostedZoneName, hostName } = props;
    if (hostName !== hostedZoneName && !hostName.endsWith(`.${hostedZoneName}`)) {
      throw new Error(
        `${this.node.path}: the host name "${hostName}" is not in the hosted zone "${hostedZoneName}". It must end with ".${hostedZoneName}".`,
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
      // The listener uses the old certificate until the new one exists.
      lifecycle: { createBeforeDestroy: true },
    });
    // One host name has one validation option.
    const option = certificate.domainValidationOptions.get(0);
    const validationRecord = new Route53Record(this, "certificate-proof", {
      zoneId: this.zoneId,
      name: option.resourceRecordName,
      type: option.resourceRecordType,
      records: [option.resourceRecordValue],
      ttl: VALIDATION_TTL_SECONDS,
      // All certificates of a host in one account have the same validation record, so a standby of the environment uses
      // the primary's record. If one of them is destroyed, the next apply of the other restores the record.
      allowOverwrite: true,
    });
    return new AcmCertificateValidation(this, "certificate-validation", {
      certificateArn: certificate.arn,
      validationRecordFqdns: [validationRecord.fqdn],
    }).certificateArn;
  }
}
