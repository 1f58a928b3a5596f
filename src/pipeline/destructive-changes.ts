/** Impact of destroying or replacing a resource, by type. */
const IMPACTS: Readonly<Record<string, string>> = {
  aws_cloudtrail: "API calls in the account are no longer logged",
  aws_cloudwatch_log_group: "its logs are lost",
  aws_db_instance: "its data is lost",
  aws_dynamodb_table: "its data is lost",
  aws_ebs_volume: "its data is lost",
  aws_ecr_repository: "its images are lost",
  aws_efs_file_system: "its data is lost",
  aws_eks_cluster: "all its workloads stop",
  aws_eks_node_group: "its pods are evicted",
  aws_iam_openid_connect_provider: "its users can no longer assume roles",
  aws_kms_key: "data encrypted with it can never be read again",
  aws_kms_replica_key: "data encrypted with it can never be read again",
  aws_lb: "the service is down until DNS resolves to the new load balancer",
  aws_nat_gateway: "private subnets have no internet access until it is replaced",
  aws_rds_cluster: "its data is lost",
  aws_rds_cluster_instance: "its connections are closed",
  aws_route53_zone: "its names no longer resolve",
  aws_s3_bucket: "its objects are lost",
  aws_secretsmanager_secret: "its value is lost",
  aws_vpc: "all resources in it are lost",
  github_repository: "its code and issues are lost",
  helm_release: "the resources of the chart are deleted",
  kubernetes_namespace_v1: "all resources in it are lost",
  tfe_project: "its workspaces lose their settings",
  tfe_workspace: "its state and its variables are lost",
};

/** Returns the impact of destroying a resource; undefined for types that are recreated without loss. */
export function impactOf(type: string): string | undefined {
  return IMPACTS[type];
}
