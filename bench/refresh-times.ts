import type { TerraformEvent } from "../src/terraform/events.js";

const TYPES_SHOWN = 5;

/** Sums Terraform's read times by resource type, from its events. Reads overlap, so the sums are not wall time. */
export class RefreshTimes {
  private readonly started = new Map<string, number>();
  private readonly totals = new Map<string, number>();

  readonly onEvent = (event: TerraformEvent): void => {
    if (event.type === "refresh_start") {
      this.started.set(event.hook.resource.addr, performance.now());
    } else if (event.type === "refresh_complete") {
      const { addr } = event.hook.resource;
      const type = typeOf(addr);
      const spent = performance.now() - (this.started.get(addr) ?? performance.now());
      this.totals.set(type, (this.totals.get(type) ?? 0) + spent / 1000);
    }
  };

  slowestTypes(): { readonly type: string; readonly total: number }[] {
    const totals = [...this.totals].map(([type, total]) => ({ type, total }));
    return totals.sort((a, b) => b.total - a.total).slice(0, TYPES_SHOWN);
  }
}

function typeOf(address: string): string {
  return /(?:^|\.)(aws_\w+)\./.exec(address)?.[1] ?? address;
}
