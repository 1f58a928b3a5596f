/**
 * Returns the environment variable that sets the clock of Node programs; the clock runs on from there.
 *
 * @param moment ISO date, or date and time, at which the programs start
 */
export function clockSetTo(moment: string): { readonly NODE_OPTIONS: string } {
  const shift = Date.parse(moment) - Date.now();
  const source = `
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...parts) {
    super(...(parts.length === 0 ? [Real.now() + ${shift}] : parts));
  }
  static now() {
    return Real.now() + ${shift};
  }
};`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(source)}` };
}
