import { casesIn, type Protocol } from "../../harness/protocol.ts";
import { commandsIn } from "./command.ts";

/** Returns the names that can be explained: those of cases, requirements, faults and commands. */
export const explainable = async (protocol: Protocol): Promise<string[]> => [
  ...[...casesIn(protocol), ...protocol.requirements].map(({ id }) => id),
  ...Object.keys(await protocol.faults()),
  ...commandsIn(protocol),
];
