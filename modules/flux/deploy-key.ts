import { DataGithubSshKeys } from "@cdktf/provider-github/lib/data-github-ssh-keys/index.js";
import { RepositoryDeployKey } from "@cdktf/provider-github/lib/repository-deploy-key/index.js";
import { DataKubernetesConfigMapV1 } from "@cdktf/provider-kubernetes/lib/data-kubernetes-config-map-v1/index.js";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { PlainResource } from "../blocks/plain-resource.js";
import { formatlist, join, jsonencode, lookup, trimspace } from "../blocks/terraform-functions.js";

export interface DeployKeyProps {
  /** Namespace that Flux runs in. */
  readonly namespace: string;
  /** Name of the cluster, which names the key on GitHub. */
  readonly clusterName: string;
  /** Repository, without the owner. */
  readonly repository: string;
  /** `ssh://git@github.com/<owner>/<repository>.git` */
  readonly url: string;
  /** Service account that may write secrets in the namespace; the operator's own. */
  readonly serviceAccount: string;
  /** Version of Flux's command line, such as `2.9.4`. */
  readonly fluxVersion: string;
  /** What must be there first. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** The secret with the private key, as Flux's sync expects it: `identity`, `identity.pub`, `known_hosts`. */
export const DEPLOY_KEY_SECRET = "flux-system";

const PUBLIC_KEY = "flux-system-public-key";

/**
 * The ed25519 key by which Flux reads and writes its repository. It is born in the cluster and its private half never
 * leaves it: no plan, no state, no variable and no person ever holds it.
 *
 * A key of Terraform's own (`tls_private_key`) would lie in the state. An ephemeral one would not, but Terraform would
 * then have to keep the Kubernetes Secret up, and so the role of a plan, which runs code that nobody has read yet, would
 * have to be able to read it. So a Job makes the pair where it is used and publishes its public half in a ConfigMap;
 * that is all Terraform reads. The Job keeps a key that is there already, and takes over GitHub's host keys whenever they
 * change. To replace the key, delete the Secret and the Job.
 */
export class DeployKey extends Construct {
  /** For `dependsOn` of what uses the key. */
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, props: DeployKeyProps) {
    super(scope, id);
    const { namespace } = props;
    const job = new PlainResource(this, "make-pair", {
      type: "kubernetes_job_v1",
      providerName: "kubernetes",
      config: jobThatMakesPair(props, this.knownHosts()),
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

  /** A patch of the Secret with GitHub's host keys, from its API, instead of whatever answers on port 22. */
  private knownHosts(): string {
    const hostKeys = new DataGithubSshKeys(this, "host-keys");
    const lines = formatlist("github.com %s", Token.asAny(hostKeys.keys));
    return jsonencode({ stringData: { known_hosts: join("\n", lines) } });
  }
}

const MAKE_PAIR = `
if [ -z "$(kubectl get secret "$SECRET" --ignore-not-found --output=name)" ]; then
  flux create secret git "$SECRET" --namespace="$NAMESPACE" --url="$URL" --ssh-key-algorithm=ed25519
fi
kubectl patch secret "$SECRET" --type=merge --patch="$KNOWN_HOSTS"
kubectl get secret "$SECRET" --output=go-template='{{index .data "identity.pub" | base64decode}}' > /tmp/identity.pub
kubectl create configmap "$PUBLIC_KEY" --from-file=identity.pub=/tmp/identity.pub --dry-run=client --output=yaml \\
  | kubectl apply --filename=-
`.trim();

function jobThatMakesPair(props: DeployKeyProps, knownHosts: string) {
  return {
    metadata: { name: "make-deploy-key", namespace: props.namespace },
    spec: {
      backoff_limit: 3,
      active_deadline_seconds: 240,
      template: {
        metadata: { labels: { "app.kubernetes.io/name": "make-deploy-key" } },
        spec: podThatMakesPair(props, knownHosts),
      },
    },
    wait_for_completion: true,
    timeouts: { create: "5m", update: "5m" },
  };
}

function podThatMakesPair(props: DeployKeyProps, knownHosts: string) {
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
        command: ["/bin/sh", "-euc", MAKE_PAIR],
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
