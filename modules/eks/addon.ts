import { DataAwsEksAddonVersion } from "@cdktf/provider-aws/lib/data-aws-eks-addon-version/index.js";
import { EksAddon } from "@cdktf/provider-aws/lib/eks-addon/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

/** Cluster and dependencies of add-ons. */
export interface AddonsProps {
  /** Name of the cluster, as an attribute of the cluster, so that the add-ons depend on it. */
  readonly clusterName: string;
  /** Kubernetes minor version of the cluster, which determines the versions of the add-ons. */
  readonly clusterVersion: string;
  /** Pod Identity associations of the service accounts, and node groups for add-ons that run on nodes. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
}

export interface AddonProps extends AddonsProps {
  /** Name in `aws eks describe-addon-versions`. */
  readonly addonName: string;
  /** Values by the add-on's schema: `aws eks describe-addon-configuration`. @default AWS's defaults */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

/**
 * EKS add-on in AWS's default version for the cluster's Kubernetes minor version. A plan shows a new default version.
 *
 * Permissions are by Pod Identity associations of its service accounts. Pass them in `dependsOn`, because pods get
 * credentials only at their start.
 */
export class Addon extends Construct {
  /** Dependency of resources that need the add-on. */
  readonly resource: EksAddon;

  constructor(scope: Construct, id: string, props: AddonProps) {
    super(scope, id);
    const version = new DataAwsEksAddonVersion(this, "version", {
      addonName: props.addonName,
      kubernetesVersion: props.clusterVersion,
      mostRecent: false,
    });
    this.resource = new EksAddon(this, "addon", {
      clusterName: props.clusterName,
      addonName: props.addonName,
      addonVersion: version.version,
      configurationValues: props.configuration ? JSON.stringify(props.configuration) : undefined,
      // Reverts manual changes in the cluster.
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "OVERWRITE",
      dependsOn: props.dependsOn ? [...props.dependsOn] : undefined,
    });
  }
}
