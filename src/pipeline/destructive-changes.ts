/** What is lost, or breaks, when a thing of a kind is destroyed or replaced. */
const LOSSES: Readonly<Record<string, string>> = {
  aws_cloudtrail: "what is done in the account is no longer written down",
  aws_cloudwatch_log_group: "its logs are lost",
  aws_db_instance: "its data is lost",
  aws_dynamodb_table: "its data is lost",
  aws_ebs_volume: "its data is lost",
  aws_ecr_repository: "its images are lost",
  aws_efs_file_system: "its data is lost",
  aws_eks_cluster: "all that runs in it ends",
  aws_eks_node_group: "the pods on its nodes move or end",
  aws_iam_openid_connect_provider: "nobody who signs in through it gets a role",
  aws_kms_key: "what it encrypts can never be read again",
  aws_kms_replica_key: "what it encrypts can never be read again",
  aws_lb: "visitors reach nothing until the new one has its name in DNS",
  aws_nat_gateway: "nothing reaches out until there is another",
  aws_rds_cluster: "its data is lost",
  aws_rds_cluster_instance: "connections to it end",
  aws_route53_zone: "its names no longer resolve",
  aws_s3_bucket: "its objects are lost",
  aws_secretsmanager_secret: "its value is lost",
  aws_vpc: "everything in it goes with it",
  github_repository: "its code and issues are lost",
  helm_release: "what it installed ends",
  kubernetes_namespace_v1: "everything in it goes with it",
  tfe_project: "its workspaces lose their settings",
  tfe_workspace: "its state and its variables are lost",
};

/** What the destruction of one costs; undefined for things that are made again without a trace. */
export function lossOf(type: string): string | undefined {
  return LOSSES[type];
}
