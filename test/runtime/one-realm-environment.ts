/**
 * jest's Node environment, with Node's own `Error` as the global one. Tests run in a vm context whose `Error` is another
 * class than that of errors which come out of Node (`ECONNRESET`, `ENOENT`); the AWS SDK asks `instanceof Error` and would
 * wrap those away. Outside jest there is one class only, which is what tests against sockets and files have to see.
 */
import { TestEnvironment } from "jest-environment-node";

export default class OneRealmEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    this.global.Error = Error;
  }
}
