import type { ServeOptions } from "../harness/protocol.ts";
import type * as Api from "./index.d.cts";
import { checkOptions } from "./options.ts";
import { versionOf } from "./versions.ts";

export { cases } from "./cases.ts";
export { ConformanceError, toText } from "./conforms.ts";
export { check, conformance, run } from "./run.ts";

/** Starts the reference server. Throws a `UsageError`. */
export async function serve({ protocol, ...options }: ServeOptions & Pick<Api.Judging, "protocol"> = {}) {
  checkOptions({ protocol, ...options }, ["protocol", "host", "port", "fault"]);
  return await versionOf(protocol).serve(options);
}
