// usage, while the image is built: check-certificates.ts <file as it was downloaded> <file to write>
import { readFileSync, writeFileSync } from "node:fs";
import { checkedCertificates } from "./certificates.js";

const [from = "", to = ""] = process.argv.slice(2);
writeFileSync(to, checkedCertificates(readFileSync(from, "utf8")), { mode: 0o444 });
