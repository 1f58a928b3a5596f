import { fieldErrors } from "../field-error.js";
import { isPrivate, isShared, overlap } from "../networks.js";
import type { Errors, ValidFields } from "./rule.js";

const error = fieldErrors("networks");

/** Networks are private and disjoint, and the host name is in the hosted zone. */
export function* checkNetworks({ vpcCidr, serviceCidr, hostName, hostedZone }: ValidFields): Errors {
  if (vpcCidr !== undefined && !isPrivate(vpcCidr) && !isShared(vpcCidr)) {
    yield error(
      "vpcCidr",
      vpcCidr,
      "a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16) or one in 100.64.0.0/10",
      'choose one such as "10.20.0.0/16"',
    );
  }
  if (serviceCidr !== undefined && !isPrivate(serviceCidr)) {
    yield error(
      "serviceCidr",
      serviceCidr,
      "a network in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 (required by EKS)",
      'write "172.20.0.0/16"',
    );
  }
  if (vpcCidr !== undefined && serviceCidr !== undefined && overlap(vpcCidr, serviceCidr)) {
    yield error(
      "serviceCidr",
      serviceCidr,
      `a network without overlap with vpcCidr (${vpcCidr})`,
      'write "172.20.0.0/16", or "10.100.0.0/16" if the VPC uses that network',
    );
  }
  if (hostName === undefined || hostedZone === undefined) return;
  if (hostName !== hostedZone && !hostName.endsWith(`.${hostedZone}`)) {
    yield error(
      "hostName",
      hostName,
      `a name in the hosted zone ${hostedZone}`,
      `write it like "notejam.${hostedZone}", or change hostedZone`,
    );
  }
}
