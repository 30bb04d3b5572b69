/** What clouds answer to whoever deploys with the credentials that a configuration expects; see stacks/accounts.ts. */

/** Answers to the functions that prove accounts, by token. */
export function accountAnswers(config: Readonly<Record<string, string>>): (token: string) => Record<string, string> {
  const member = (key: string, name: string): string => {
    const value = (JSON.parse(config[key] ?? "{}") as Record<string, unknown>)[name];
    return typeof value === "string" ? value.toLowerCase() : "";
  };
  const answers: Readonly<Record<string, Record<string, string>>> = {
    "aws:index/getCallerIdentity:getCallerIdentity": { accountId: member("byok:aws", "accountId") },
    "gcp:organizations/getProject:getProject": { projectId: member("byok:gcp", "project") },
    "azure-native:authorization:getClientConfig": { tenantId: member("byok:azure", "entraTenantId") },
    "azuread:index/getClientConfig:getClientConfig": { tenantId: member("byok:azure", "entraTenantId") },
    "azure-native:resources:getResourceGroup": { name: member("byok:azure", "resourceGroup") },
  };
  return (token) => {
    const answer = answers[token];
    if (answer === undefined) throw new Error(`the program must not call ${token}`);
    return answer;
  };
}
