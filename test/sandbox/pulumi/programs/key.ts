/** A program as a stack has it: one provider, a key with an alias, outputs; deployed by the in-process tests. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config("test");
const provider = new aws.Provider("tenant", {
  region: "eu-west-2",
  allowedAccountIds: [config.require("account")],
});
const key = new aws.kms.Key(
  "key",
  { description: config.requireObject<{ description: string }>("key").description, policy: config.getSecret("policy") },
  { provider, protect: true },
);
const alias = new aws.kms.Alias("alias", { name: config.require("alias"), targetKeyId: key.keyId }, { provider, parent: key, protect: false });

export const keyArn = key.arn;
export const target = alias.targetKeyArn;
export const hidden = config.getSecret("policy");
export const caller = aws.getCallerIdentityOutput({}, { provider }).accountId;
