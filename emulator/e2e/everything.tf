# Every resource that the extension changes in moto or adds to it, connected as in the platform. Applied by
# ../emulator.e2e.test.ts, never to a real account.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "login_password" {
  type      = string
  ephemeral = true
  default   = "not-a-secret"
}

locals {
  region  = "eu-west-1"
  zones   = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
  replica = "eu-central-1"
  name    = "notejam-e2e"
}

provider "aws" {
  region      = local.region
  max_retries = 1
  default_tags { tags = { Owner = "e2e", Environment = "e2e" } }
}

provider "aws" {
  alias       = "dr"
  region      = local.replica
  max_retries = 1
  default_tags { tags = { Owner = "e2e", Environment = "e2e" } }
}

data "aws_caller_identity" "current" {}

# Network

resource "aws_vpc" "this" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_subnet" "this" {
  count             = 3
  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet("10.0.0.0/16", 8, count.index)
  availability_zone = local.zones[count.index]
}

resource "aws_internet_gateway" "this" { vpc_id = aws_vpc.this.id }

resource "aws_eip" "nat" { domain = "vpc" }

resource "aws_nat_gateway" "this" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.this[0].id
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_security_group" "alb" {
  name        = "${local.name}-alb"
  description = "Load balancer"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "workers" {
  name        = "${local.name}-workers"
  description = "Workers"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "workers_from_alb" {
  security_group_id            = aws_security_group.workers.id
  referenced_security_group_id = aws_security_group.alb.id
  description                  = "The application's port, from the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
}

# Keys

resource "aws_kms_key" "primary" {
  description             = "Primary"
  multi_region            = true
  enable_key_rotation     = true
  rotation_period_in_days = 180
  deletion_window_in_days = 7
}

resource "aws_kms_replica_key" "replica" {
  provider                = aws.dr
  description             = "Replica"
  primary_key_arn         = aws_kms_key.primary.arn
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "replica" {
  provider      = aws.dr
  name          = "alias/${local.name}-replica"
  target_key_id = aws_kms_replica_key.replica.key_id
}

# Secret with a replica under its own key

resource "aws_secretsmanager_secret" "this" {
  name                    = "notejam/e2e/database"
  kms_key_id              = aws_kms_key.primary.arn
  recovery_window_in_days = 0
  replica {
    region     = local.replica
    kms_key_id = aws_kms_replica_key.replica.arn
  }
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo         = jsonencode({ POSTGRES_PASS = var.login_password })
  secret_string_wo_version = 1
}

# Buckets with replication

data "aws_iam_policy_document" "trust" {
  for_each = toset(["s3", "eks", "ec2", "pods.eks", "monitoring.rds"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = data.aws_iam_policy_document.trust
  name               = "${local.name}-${replace(each.key, ".", "-")}"
  assume_role_policy = each.value.json
}

resource "aws_iam_role_policy_attachment" "nodes" {
  role       = aws_iam_role.this["ec2"].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
}

resource "aws_s3_bucket" "dumps" {
  bucket              = "${local.name}-dumps"
  object_lock_enabled = true
}

resource "aws_s3_bucket" "dumps_replica" {
  provider      = aws.dr
  bucket        = "${local.name}-dumps-replica"
  force_destroy = true
}

# The logs of the other bucket's calls are in it when it is deleted.
resource "aws_s3_bucket" "logs" {
  bucket        = "${local.name}-logs"
  force_destroy = true
}

data "aws_iam_policy_document" "logs" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.logs.arn}/*"]
    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com", "logdelivery.elasticloadbalancing.amazonaws.com"]
    }
  }
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_s3_bucket_logging" "dumps" {
  bucket        = aws_s3_bucket.dumps.id
  target_bucket = aws_s3_bucket_policy.logs.bucket
  target_prefix = "s3/"
}

resource "aws_s3_bucket_versioning" "dumps" {
  bucket = aws_s3_bucket.dumps.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_versioning" "dumps_replica" {
  provider = aws.dr
  bucket   = aws_s3_bucket.dumps_replica.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "dumps" {
  bucket = aws_s3_bucket.dumps.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.primary.arn
    }
  }
}

resource "aws_s3_bucket_object_lock_configuration" "dumps" {
  bucket = aws_s3_bucket.dumps.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = 7
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "dumps" {
  bucket = aws_s3_bucket_versioning.dumps.bucket
  rule {
    id     = "dumps"
    status = "Enabled"
    filter { prefix = "dumps/" }
    transition {
      days          = 30
      storage_class = "STANDARD_IA"
    }
    transition {
      days          = 90
      storage_class = "GLACIER_IR"
    }
    expiration { days = 1095 }
    noncurrent_version_expiration { noncurrent_days = 30 }
    abort_incomplete_multipart_upload { days_after_initiation = 7 }
  }
}

resource "aws_s3_bucket_replication_configuration" "dumps" {
  bucket = aws_s3_bucket_versioning.dumps.bucket
  role   = aws_iam_role.this["s3"].arn
  rule {
    id       = "dumps"
    status   = "Enabled"
    priority = 1
    filter { prefix = "dumps/" }
    delete_marker_replication { status = "Disabled" }
    source_selection_criteria {
      sse_kms_encrypted_objects { status = "Enabled" }
    }
    destination {
      bucket        = aws_s3_bucket_versioning.dumps_replica.bucket == "" ? "" : aws_s3_bucket.dumps_replica.arn
      storage_class = "STANDARD_IA"
      encryption_configuration { replica_kms_key_id = aws_kms_replica_key.replica.arn }
      metrics {
        status = "Enabled"
        event_threshold { minutes = 15 }
      }
      replication_time {
        status = "Enabled"
        time { minutes = 15 }
      }
    }
  }
}

resource "aws_s3_object" "dump" {
  provider      = aws.dr
  bucket        = aws_s3_bucket.dumps_replica.id
  key           = "note.sql"
  content       = "select 1;"
  force_destroy = true
}

resource "aws_s3_account_public_access_block" "this" {
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Registry

resource "aws_ecr_repository" "this" {
  name                 = "${local.name}-ecr-registry"
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration { scan_on_push = true }
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.primary.arn
  }
}

resource "aws_ecr_replication_configuration" "this" {
  replication_configuration {
    rule {
      destination {
        region      = local.replica
        registry_id = data.aws_caller_identity.current.account_id
      }
      repository_filter {
        filter      = "notejam-"
        filter_type = "PREFIX_MATCH"
      }
    }
  }
}

resource "aws_ecr_registry_scanning_configuration" "this" {
  scan_type = "BASIC"
  rule {
    scan_frequency = "SCAN_ON_PUSH"
    repository_filter {
      filter      = "notejam-*"
      filter_type = "WILDCARD"
    }
  }
}

# Account defaults

resource "aws_ebs_encryption_by_default" "this" { enabled = true }

resource "aws_ebs_default_kms_key" "this" { key_arn = aws_kms_key.primary.arn }

resource "aws_ec2_instance_metadata_defaults" "this" {
  http_tokens                 = "required"
  http_put_response_hop_limit = 1
}

resource "aws_cloudtrail" "this" {
  name                          = local.name
  s3_bucket_name                = aws_s3_bucket.dumps.id
  is_multi_region_trail         = true
  enable_log_file_validation    = true
  include_global_service_events = true
  kms_key_id                    = aws_kms_key.primary.arn
}

# Cluster

resource "aws_eks_cluster" "this" {
  name     = local.name
  role_arn = aws_iam_role.this["eks"].arn
  version  = "1.34"
  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = false
  }
  enabled_cluster_log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
  encryption_config {
    resources = ["secrets"]
    provider { key_arn = aws_kms_key.primary.arn }
  }
  kubernetes_network_config { service_ipv4_cidr = "172.20.0.0/16" }
  upgrade_policy { support_type = "STANDARD" }
  vpc_config {
    subnet_ids              = aws_subnet.this[*].id
    security_group_ids      = [aws_security_group.workers.id]
    endpoint_private_access = true
    endpoint_public_access  = true
    public_access_cidrs     = ["192.0.2.0/24"]
  }
}

resource "aws_launch_template" "this" {
  for_each    = toset(["apps", "monitoring"])
  name_prefix = "${local.name}-${each.key}-"
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 50
      volume_type = "gp3"
      encrypted   = true
      kms_key_id  = aws_kms_key.primary.arn
    }
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  vpc_security_group_ids = [aws_eks_cluster.this.vpc_config[0].cluster_security_group_id, aws_security_group.workers.id]
  tag_specifications {
    resource_type = "instance"
    tags          = { Name = each.key }
  }
}

resource "aws_eks_node_group" "this" {
  for_each        = aws_launch_template.this
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.this["ec2"].arn
  subnet_ids      = aws_subnet.this[*].id
  ami_type        = "AL2023_x86_64_STANDARD"
  instance_types  = ["t3.medium"]
  labels          = { scope = each.key }
  scaling_config {
    min_size     = 1
    desired_size = 2
    max_size     = 3
  }
  taint {
    key    = "scope"
    value  = each.key
    effect = "NO_SCHEDULE"
  }
  update_config { max_unavailable_percentage = 33 }
  node_repair_config { enabled = true }
  launch_template {
    id      = each.value.id
    version = each.value.latest_version
  }
}

resource "aws_autoscaling_group_tag" "this" {
  for_each               = aws_eks_node_group.this
  autoscaling_group_name = each.value.resources[0].autoscaling_groups[0].name
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/scope"
    value               = each.key
    propagate_at_launch = false
  }
}

# The same name in both groups.
resource "aws_autoscaling_schedule" "this" {
  for_each               = aws_eks_node_group.this
  autoscaling_group_name = each.value.resources[0].autoscaling_groups[0].name
  scheduled_action_name  = "launch-before"
  min_size               = each.key == "apps" ? 3 : 2
  max_size               = 6
  desired_capacity       = 3
  start_time             = "2030-05-01T06:00:00Z"
}

data "aws_eks_addon_version" "cni" {
  addon_name         = "vpc-cni"
  kubernetes_version = aws_eks_cluster.this.version
}

resource "aws_eks_addon" "cni" {
  cluster_name         = aws_eks_cluster.this.name
  addon_name           = "vpc-cni"
  addon_version        = data.aws_eks_addon_version.cni.version
  configuration_values = jsonencode({ enableNetworkPolicy = "true" })
  pod_identity_association {
    role_arn        = aws_iam_role.this["pods.eks"].arn
    service_account = "aws-node"
  }
}

resource "aws_eks_access_entry" "admin" {
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_iam_role.this["ec2"].arn
}

resource "aws_eks_access_policy_association" "admin" {
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.admin.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
  access_scope { type = "cluster" }
}

resource "aws_eks_pod_identity_association" "app" {
  cluster_name    = aws_eks_cluster.this.name
  namespace       = "microservices"
  service_account = "notejam"
  role_arn        = aws_iam_role.this["pods.eks"].arn
}

# Database

resource "aws_db_subnet_group" "this" {
  name       = local.name
  subnet_ids = aws_subnet.this[*].id
}

resource "aws_rds_cluster_parameter_group" "this" {
  name   = local.name
  family = "aurora-postgresql17"
  parameter {
    name         = "rds.force_ssl"
    value        = "1"
    apply_method = "pending-reboot"
  }
}

resource "aws_db_parameter_group" "this" {
  name   = local.name
  family = "aurora-postgresql17"
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
}

resource "aws_rds_cluster" "this" {
  cluster_identifier              = local.name
  engine                          = "aurora-postgresql"
  engine_version                  = "17.5"
  engine_lifecycle_support        = "open-source-rds-extended-support-disabled"
  database_name                   = "notejam"
  master_username                 = "notejam_admin"
  manage_master_user_password     = true
  master_user_secret_kms_key_id   = aws_kms_key.primary.key_id
  db_subnet_group_name            = aws_db_subnet_group.this.name
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  vpc_security_group_ids          = [aws_security_group.workers.id]
  availability_zones              = local.zones
  backup_retention_period         = 35
  preferred_backup_window         = "02:00-03:00"
  preferred_maintenance_window    = "sun:04:00-sun:05:00"
  storage_encrypted               = true
  kms_key_id                      = aws_kms_key.primary.arn
  copy_tags_to_snapshot           = true
  enabled_cloudwatch_logs_exports = ["postgresql"]
  skip_final_snapshot             = true
}

resource "aws_rds_cluster_instance" "this" {
  count                           = 2
  identifier                      = "${local.name}-${count.index}"
  cluster_identifier              = aws_rds_cluster.this.id
  engine                          = aws_rds_cluster.this.engine
  engine_version                  = aws_rds_cluster.this.engine_version
  instance_class                  = "db.t4g.medium"
  availability_zone               = local.zones[count.index]
  db_subnet_group_name            = aws_db_subnet_group.this.name
  db_parameter_group_name         = aws_db_parameter_group.this.name
  monitoring_interval             = 10
  monitoring_role_arn             = aws_iam_role.this["monitoring.rds"].arn
  performance_insights_enabled    = true
  performance_insights_kms_key_id = aws_kms_key.primary.arn
  promotion_tier                  = count.index
  ca_cert_identifier              = "rds-ca-rsa2048-g1"
  auto_minor_version_upgrade      = false
  copy_tags_to_snapshot           = true
}

resource "aws_appautoscaling_target" "readers" {
  service_namespace  = "rds"
  scalable_dimension = "rds:cluster:ReadReplicaCount"
  resource_id        = "cluster:${aws_rds_cluster.this.id}"
  min_capacity       = 1
  max_capacity       = 3
}

resource "aws_appautoscaling_policy" "readers" {
  name               = "readers"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.readers.service_namespace
  scalable_dimension = aws_appautoscaling_target.readers.scalable_dimension
  resource_id        = aws_appautoscaling_target.readers.resource_id
  target_tracking_scaling_policy_configuration {
    predefined_metric_specification { predefined_metric_type = "RDSReaderAverageCPUUtilization" }
    target_value = 60
  }
}

# Load balancer and certificate

resource "aws_route53_zone" "this" { name = "example.org" }

resource "aws_acm_certificate" "this" {
  domain_name       = "notes.example.org"
  validation_method = "DNS"
}

resource "aws_route53_record" "validation" {
  for_each        = { for option in aws_acm_certificate.this.domain_validation_options : option.domain_name => option }
  zone_id         = aws_route53_zone.this.zone_id
  name            = each.value.resource_record_name
  type            = each.value.resource_record_type
  records         = [each.value.resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_lb" "this" {
  name                       = local.name
  load_balancer_type         = "application"
  subnets                    = aws_subnet.this[*].id
  security_groups            = [aws_security_group.alb.id]
  drop_invalid_header_fields = true
  idle_timeout               = 60
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate_validation.this.certificate_arn
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
    }
  }
}

# Watching

resource "aws_sns_topic" "this" {
  name              = local.name
  kms_master_key_id = aws_kms_key.primary.arn
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = "${local.name}-errors"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "HTTPCode_Target_5XX_Count"
  namespace           = "AWS/ApplicationELB"
  period              = 60
  statistic           = "Sum"
  threshold           = 10
  alarm_actions       = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_composite_alarm" "this" {
  alarm_name    = "${local.name}-impaired"
  alarm_rule    = "ALARM(${aws_cloudwatch_metric_alarm.this.alarm_name})"
  alarm_actions = [aws_sns_topic.this.arn]
}

resource "aws_budgets_budget" "this" {
  name         = local.name
  budget_type  = "COST"
  limit_amount = "100"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    notification_type          = "FORECASTED"
    subscriber_email_addresses = ["operators@example.org"]
  }
}
