import { Aspects, type IAspect, TerraformResource, type TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";

/**
 * Sets the permissions boundary of every IAM role in a stack.
 *
 * The apply role may create roles. Without the boundary it could create one with more permissions than its own, so IAM
 * denies it the creation of roles without this boundary.
 */
class PermissionsBoundaryAspect implements IAspect {
  constructor(boundaryArn: string) {
    this.boundaryArn = boundaryArn;
  }

  private readonly boundaryArn: string;

  visit(node: IConstruct): void {
    if (!TerraformResource.isTerraformResource(node) || node.terraformResourceType !== "aws_iam_role") return;
    node.addOverride("permissions_boundary", this.boundaryArn);
  }
}

/** Attaches the boundary to all roles of a stack, including those that are added later. */
export function attachPermissionsBoundary(stack: TerraformStack, boundaryArn: string): void {
  Aspects.of(stack).add(new PermissionsBoundaryAspect(boundaryArn));
}
