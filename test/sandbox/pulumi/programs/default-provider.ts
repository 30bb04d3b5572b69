/** A program whose key names no provider, and whose outputs come from a function. */
import * as aws from "@pulumi/aws";

export default async (): Promise<object> => {
  const key = new aws.kms.Key("key", {});
  return { region: key.region };
};
