import { defineEnvironment } from "../src/config/environment.js";

export default defineEnvironment({
  name: "dev",
  production: false,
  drRegion: "eu-central-1",
  vpcCidr: "10.20.0.0/16",
  natGateways: "single",
  hostedZone: "example.com",
  hostName: "notejam-dev.example.com",
  clusterEndpoint: { publicAccessCidrs: [] },
  // Two nodes are in two zones: Notejam and CoreDNS keep running if one zone fails.
  nodeGroups: { apps: { min: 2, desired: 2 }, operations: { min: 2, desired: 2 } },
  database: { deletionProtection: false, finalSnapshot: false },
  keyDeletionWindowDays: 7,
  budget: { monthlyUsd: 900, emails: ["platform@example.com"] },
  alarmEmails: ["platform@example.com"],
});
