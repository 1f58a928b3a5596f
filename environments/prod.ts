import { defineEnvironment } from "../src/config/environment.js";

export default defineEnvironment({
  name: "prod",
  production: true,
  drRegion: "eu-central-1",
  promotesFrom: "dev",
  vpcCidr: "192.168.0.0/16",
  interfaceEndpoints: true,
  hostedZone: "example.com",
  hostName: "notejam.example.com",
  clusterEndpoint: { publicAccessCidrs: [] },
  nodeGroups: {
    apps: { min: 3, desired: 3, max: 12 },
    monitoring: { min: 2, desired: 2, max: 4 },
    operations: { min: 2, desired: 2, max: 4 },
  },
  application: { replicas: { min: 5, max: 20 } },
  load: { usualRequestsPerSecond: 400, eventFactor: 4 },
  database: { instanceClass: "db.r6g.large", readers: { min: 1, max: 3 } },
  logRetentionDays: 365,
  budget: { monthlyUsd: 3000, emails: ["platform@example.com"] },
  alarmEmails: ["platform@example.com"],
});
