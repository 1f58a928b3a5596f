import { describe, expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { Dns } from "./dns.js";

function dnsFor(hostName: string, hostedZoneName = "example.org") {
  let dns: Dns | undefined;
  const stack = synthesize((scope) => {
    dns = new Dns(scope, "dns", { hostedZoneName, hostName });
  });
  if (!dns) throw new Error("the stack was not built");
  return { dns, stack };
}

describe("Dns", () => {
  const { dns, stack } = dnsFor("notes.example.org");

  it("uses an existing public zone", () => {
    expect(stack.data("aws_route53_zone")).toEqual([
      expect.objectContaining({ name: "example.org", private_zone: false }),
    ]);
    expect(stack.count("aws_route53_zone")).toBe(0);
    expect(dns.zoneName).toBe("example.org");
  });

  it("has a certificate that is replaced without interruption", () => {
    expect(stack.one("aws_acm_certificate")).toMatchObject({
      domain_name: "notes.example.org",
      validation_method: "DNS",
      lifecycle: { create_before_destroy: true },
    });
  });

  it("creates the validation record", () => {
    const record = stack.one("aws_route53_record");
    const certificate = stack.one("aws_acm_certificate").id;
    expect(record).toMatchObject({ allow_overwrite: true, ttl: 60 });
    for (const [field, value] of [
      ["resource_record_name", record.name],
      ["resource_record_type", record.type],
      ["resource_record_value", (record.records as unknown[])[0]],
    ]) {
      expect(String(value)).toContain(`${certificate}.domain_validation_options`);
      expect(String(value)).toContain(String(field));
    }
    expect(stack.one("aws_acm_certificate_validation").validation_record_fqdns).toEqual([
      `\${aws_route53_record.${record.id}.fqdn}`,
    ]);
  });

  it("returns the certificate after its validation", () => {
    const listener = synthesize((scope) => {
      const { certificateArn } = new Dns(scope, "dns", {
        hostedZoneName: "example.org",
        hostName: "example.org",
      });
      new Dns(scope, "probe", { hostedZoneName: "example.org", hostName: `${certificateArn}.example.org` });
    });
    expect(listener.one("aws_acm_certificate", /probe/).domain_name).toMatch(
      /^\$\{aws_acm_certificate_validation\.dns_/,
    );
  });

  it.each(["notes.example.com", "notesexample.org"])("rejects %s, which is not in the zone", (hostName) => {
    expect(() => dnsFor(hostName)).toThrow(/must end with "\.example\.org"/);
  });
});
