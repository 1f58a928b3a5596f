import { DataAwsEksAddonVersion } from "@cdktf/provider-aws/lib/data-aws-eks-addon-version/index.js";
import { EksAddon } from "@cdktf/provider-aws/lib/eks-addon/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

/** The cluster that add-ons go into, and what they wait for. */
export interface AddonsProps {
  /** The cluster's name as an attribute of the cluster, so that the add-ons wait for it. */
  readonly clusterName: string;
  /** Kubernetes minor of the cluster: decides the version of each add-on. */
  readonly clusterVersion: string;
  /** Pod Identity associations of the add-ons' service accounts, and, for what runs on nodes, the node groups. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
}

export interface AddonProps extends AddonsProps {
  /** As `aws eks describe-addon-versions` names it. */
  readonly addonName: string;
  /** In the form of the add-on's schema: `aws eks describe-addon-configuration`. @default AWS's defaults */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

/**
 * An add-on that EKS installs and keeps, in the version that AWS makes the default for the cluster's Kubernetes minor.
 *
 * The default is the one AWS has tried longest with that minor, not the newest; a plan shows when it moves on.
 *
 * Permissions come from the Pod Identity association of its service account, made beside the role and waited for
 * through `dependsOn`, because a pod reads its credentials when it starts.
 */
export class Addon extends Construct {
  /** For `dependsOn` of what needs the add-on. */
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
      // The code is the truth: a field that somebody edited in the cluster is put back.
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "OVERWRITE",
      dependsOn: props.dependsOn ? [...props.dependsOn] : undefined,
    });
  }
}
