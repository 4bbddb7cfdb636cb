import { casesIn, type Protocol } from "../../harness/protocol.ts";

/** Returns the names that can be explained: those of cases, requirements and faults. */
export const explainable = async (protocol: Protocol): Promise<string[]> => [
  ...[...casesIn(protocol), ...protocol.requirements].map(({ id }) => id),
  ...Object.keys(await protocol.faults()),
];
