export async function importDjango(..._: unknown[]): Promise<void> {}
