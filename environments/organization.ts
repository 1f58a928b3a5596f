import { defineOrganization } from "../src/config/organization.js";

export default defineOrganization({
  terraformCloud: {
    hostname: "app.terraform.io",
    organization: "example-notes",
    project: "notejam",
    notify: ["platform@example.com"],
  },
  githubOwner: "example-notes",
  bootstrap: { region: "eu-west-1" },
  operationsRepositoryPrefix: "operations-k8s",
});
