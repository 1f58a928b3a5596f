import { Aspects, type IAspect, TerraformResource, type TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";

/**
 * Puts every role of a stack within a permissions boundary.
 *
 * Terraform may make roles, so without the boundary it could give one of them rights that it lacks itself. The apply
 * role cannot make a role without it.
 */
class RoleBoundary implements IAspect {
  constructor(boundaryArn: string) {
    this.boundaryArn = boundaryArn;
  }

  private readonly boundaryArn: string;

  visit(node: IConstruct): void {
    if (!TerraformResource.isTerraformResource(node) || node.terraformResourceType !== "aws_iam_role") return;
    node.addOverride("permissions_boundary", this.boundaryArn);
  }
}

/** Gives all roles of `stack` the boundary, also those that are added later. */
export function limitRoles(stack: TerraformStack, boundaryArn: string): void {
  Aspects.of(stack).add(new RoleBoundary(boundaryArn));
}
