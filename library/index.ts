import { current } from "../suites/index.ts";

export { cases } from "./cases.ts";
export { ConformanceError, toText } from "./conforms.ts";
export { check, conformance, run } from "./run.ts";

/** Starts the reference server. */
export const serve = (options?: Parameters<typeof current.serve>[0]) => current.serve(options);
