import { DataGithubSshKeys } from "@cdktf/provider-github/lib/data-github-ssh-keys/index.js";
import { RepositoryDeployKey } from "@cdktf/provider-github/lib/repository-deploy-key/index.js";
import { DataKubernetesConfigMapV1 } from "@cdktf/provider-kubernetes/lib/data-kubernetes-config-map-v1/index.js";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { PlainResource } from "../core/plain-resource.js";
import { formatlist, join, jsonencode, lookup, trimspace } from "../core/terraform-functions.js";

export interface DeployKeyProps {
  /** Namespace of Flux. */
  readonly namespace: string;
  /** Name of the cluster, part of the key's title on GitHub. */
  readonly clusterName: string;
  /** Name of the repository, without the owner. */
  readonly repository: string;
  /** `ssh://git@github.com/<owner>/<repository>.git` */
  readonly url: string;
  /** Service account that may write Secrets in the namespace: the operator's. */
  readonly serviceAccount: string;
  /** Version of the Flux CLI, such as `2.9.4`. */
  readonly fluxVersion: string;
  /** Resources to create first. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Secret with the keys that Flux expects: `identity`, `identity.pub`, `known_hosts`. */
export const DEPLOY_KEY_SECRET = "flux-system";

const PUBLIC_KEY = "flux-system-public-key";

/**
 * Deploy key (ed25519) with which Flux reads and writes its repository. A Job in the cluster generates it. The private key
 * never leaves the cluster: it is in no plan, state or variable.
 *
 * `tls_private_key` would store the key in the state. With an ephemeral key, Terraform would manage the Kubernetes Secret,
 * and the role of plans, which run unreviewed code, would need permission to read it. Instead the Job writes the public
 * key to a ConfigMap, which Terraform reads. The Job keeps an existing key and updates GitHub's host keys. To replace
 * the key, delete the Secret and the Job.
 */
export class DeployKey extends Construct {
  /** Dependency of resources that use the key. */
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, props: DeployKeyProps) {
    super(scope, id);
    const { namespace } = props;
    const job = new PlainResource(this, "make-pair", {
      type: "kubernetes_job_v1",
      providerName: "kubernetes",
      config: keyPairJob(props, this.knownHosts()),
      dependsOn: [...props.dependsOn],
    });
    const published = new DataKubernetesConfigMapV1(this, "public-key", {
      metadata: { name: PUBLIC_KEY, namespace },
      dependsOn: [job],
    });
    this.resource = new RepositoryDeployKey(this, "key", {
      repository: props.repository,
      title: `Flux in ${props.clusterName}`,
      key: trimspace(lookup(published.data, "identity.pub")),
      readOnly: false,
    });
  }

  /** Returns a patch of the Secret with GitHub's host keys, from GitHub's API instead of a connection to port 22. */
  private knownHosts(): string {
    const hostKeys = new DataGithubSshKeys(this, "host-keys");
    const lines = formatlist("github.com %s", Token.asAny(hostKeys.keys));
    return jsonencode({ stringData: { known_hosts: join("\n", lines) } });
  }
}

const GENERATE_KEY_PAIR = `
if [ -z "$(kubectl get secret "$SECRET" --ignore-not-found --output=name)" ]; then
  flux create secret git "$SECRET" --namespace="$NAMESPACE" --url="$URL" --ssh-key-algorithm=ed25519
fi
kubectl patch secret "$SECRET" --type=merge --patch="$KNOWN_HOSTS"
kubectl get secret "$SECRET" --output=go-template='{{index .data "identity.pub" | base64decode}}' > /tmp/identity.pub
kubectl create configmap "$PUBLIC_KEY" --from-file=identity.pub=/tmp/identity.pub --dry-run=client --output=yaml \\
  | kubectl apply --filename=-
`.trim();

function keyPairJob(props: DeployKeyProps, knownHosts: string) {
  return {
    metadata: { name: "make-deploy-key", namespace: props.namespace },
    spec: {
      backoff_limit: 3,
      active_deadline_seconds: 240,
      template: {
        metadata: { labels: { "app.kubernetes.io/name": "make-deploy-key" } },
        spec: keyPairPod(props, knownHosts),
      },
    },
    wait_for_completion: true,
    timeouts: { create: "5m", update: "5m" },
  };
}

function keyPairPod(props: DeployKeyProps, knownHosts: string) {
  const environment = {
    SECRET: DEPLOY_KEY_SECRET,
    PUBLIC_KEY,
    NAMESPACE: props.namespace,
    URL: props.url,
    KNOWN_HOSTS: knownHosts,
    HOME: "/tmp",
  };
  return {
    service_account_name: props.serviceAccount,
    automount_service_account_token: true,
    restart_policy: "Never",
    security_context: {
      run_as_non_root: true,
      run_as_user: "65534",
      fs_group: "65534",
      seccomp_profile: { type: "RuntimeDefault" },
    },
    container: [
      {
        name: "make-pair",
        image: `ghcr.io/fluxcd/flux-cli:v${props.fluxVersion}`,
        command: ["/bin/sh", "-euc", GENERATE_KEY_PAIR],
        env: Object.entries(environment).map(([name, value]) => ({ name, value })),
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        security_context: {
          allow_privilege_escalation: false,
          read_only_root_filesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volume_mount: [{ name: "tmp", mount_path: "/tmp" }],
      },
    ],
    volume: [{ name: "tmp", empty_dir: { medium: "Memory" } }],
  };
}
