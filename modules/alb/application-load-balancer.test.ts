import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { ApplicationLoadBalancer, type ApplicationLoadBalancerProps } from "./application-load-balancer.js";

const CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1";

const albWith = (changes: Partial<ApplicationLoadBalancerProps> = {}) =>
  synthesize((scope) => {
    new ApplicationLoadBalancer(scope, "ingress", {
      name: "notejam-dev",
      publicSubnetIds: ["subnet-1", "subnet-2", "subnet-3"],
      securityGroupIds: ["sg-alb"],
      clusterName: "notejam-dev",
      certificateArn: CERTIFICATE,
      accessLogs: { bucketName: "logs", prefix: "alb" },
      deletionProtection: true,
      ...changes,
    });
  });

describe("ApplicationLoadBalancer", () => {
  const stack = albWith();
  const http = stack.one("aws_lb_listener", /http_/);
  const https = stack.one("aws_lb_listener", /https_/);

  it("is public, with a subnet per zone", () => {
    expect(stack.one("aws_lb")).toMatchObject({
      internal: false,
      load_balancer_type: "application",
      subnets: ["subnet-1", "subnet-2", "subnet-3"],
      security_groups: ["sg-alb"],
      enable_zonal_shift: true,
    });
  });

  it("drops invalid headers, closes idle connections and logs requests", () => {
    expect(stack.one("aws_lb")).toMatchObject({
      drop_invalid_header_fields: true,
      idle_timeout: 60,
      access_logs: { enabled: true, bucket: "logs", prefix: "alb" },
    });
    expect(albWith({ idleTimeoutSeconds: 90 }).one("aws_lb")).toMatchObject({ idle_timeout: 90 });
  });

  it("has deletion protection on request", () => {
    expect(stack.one("aws_lb")).toMatchObject({ enable_deletion_protection: true });
    expect(albWith({ deletionProtection: false }).one("aws_lb")).toMatchObject({
      enable_deletion_protection: false,
    });
  });

  it("has the tags by which the controller adopts load balancer and listeners", () => {
    const tagsFor = (resource: string) => ({
      "elbv2.k8s.aws/cluster": "notejam-dev",
      "ingress.k8s.aws/stack": "public",
      "ingress.k8s.aws/resource": resource,
    });
    expect(stack.one("aws_lb").tags).toEqual({ Name: "notejam-dev", ...tagsFor("LoadBalancer") });
    expect(http.tags).toEqual(tagsFor("80"));
    expect(https.tags).toEqual(tagsFor("443"));
  });

  it("redirects HTTP to HTTPS permanently", () => {
    expect(http).toMatchObject({
      port: 80,
      protocol: "HTTP",
      default_action: [
        { type: "redirect", redirect: { port: "443", protocol: "HTTPS", status_code: "HTTP_301" } },
      ],
    });
  });

  it("accepts TLS 1.2 and 1.3 only, with the certificate", () => {
    expect(https).toMatchObject({
      port: 443,
      protocol: "HTTPS",
      ssl_policy: expect.stringContaining("-TLS13-1-2-"),
      certificate_arn: CERTIFICATE,
    });
  });

  it("answers unknown hosts with a 404 like the controller", () => {
    expect(https.default_action).toEqual([
      { type: "fixed-response", fixed_response: { content_type: "text/plain", status_code: "404" } },
    ]);
  });

  it("has no other listeners, which the controller would delete", () => {
    expect(stack.count("aws_lb_listener")).toBe(2);
  });

  it("rejects a name that is too long", () => {
    expect(() => albWith({ name: "notejam-".repeat(5) })).toThrow(/40 characters. AWS allows 32/);
  });
});
