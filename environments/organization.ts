import { defineOrganization } from "../src/config/organization.js";

export default defineOrganization({
  terraformCloud: { hostname: "app.terraform.io", organization: "example-notes", project: "notejam" },
  bootstrap: { region: "eu-west-1" },
  operationsRepositoryPrefix: "operations-k8s",
});
