/**
 * Graph's paths. Names of the operations: Microsoft Entra audit log, "Audit activity reference" (core directory).
 *
 * @module
 */
import { type ApiAnswer, type ApiRequest, matchPath } from "../api.js";
import { type Call, type Operation } from "../call.js";
import { notInSandbox } from "./errors.js";
import * as applications from "./operations/applications.js";
import * as principals from "./operations/service-principals.js";

type Route = readonly [method: string, pattern: string, name: string, run: (call: Call) => ApiAnswer];

const ROUTES: readonly Route[] = [
  ["POST", "v1.0/applications", "Add application", applications.createApplication],
  ["GET", "v1.0/applications", "List applications", applications.listApplications],
  ["GET", "v1.0/applications/:id", "Get application", applications.getApplication],
  ["PATCH", "v1.0/applications/:id", "Update application", applications.updateApplication],
  ["DELETE", "v1.0/applications/:id", "Delete application", applications.deleteApplication],
  ["POST", "v1.0/directory/deletedItems/:id/restore", "Restore application", applications.restoreApplication],
  ["POST", "v1.0/servicePrincipals", "Add service principal", principals.createServicePrincipal],
  ["GET", "v1.0/servicePrincipals", "List service principals", principals.listServicePrincipals],
  ["GET", "v1.0/servicePrincipals/:id", "Get service principal", principals.getServicePrincipal],
  ["PATCH", "v1.0/servicePrincipals/:id", "Update service principal", principals.updateServicePrincipal],
  ["DELETE", "v1.0/servicePrincipals/:id", "Remove service principal", principals.deleteServicePrincipal],
];

/** Names of Graph's operations. */
export const GRAPH_OPERATIONS: readonly string[] = ROUTES.map(([, , name]) => name);

/**
 * The operation that a request to Graph asks for.
 *
 * @throws GraphError for what the sandbox does not play.
 */
export function routeGraph(request: ApiRequest): Operation {
  for (const [method, pattern, name, run] of ROUTES) {
    const parameters = request.method === method ? matchPath(pattern, request.path) : undefined;
    if (parameters !== undefined) return { plane: "graph", name, parameters, target: parameters["id"] ?? pattern, run };
  }
  throw notInSandbox(`${request.method} /${request.path.join("/")} of Microsoft Graph`);
}
