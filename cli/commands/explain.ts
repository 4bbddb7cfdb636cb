import type { Protocol } from "../../harness/protocol.ts";
import { suggestion, UsageError } from "../../harness/usage.ts";
import { visible } from "../../reports/escape.ts";
import { aboutCase } from "../explain/case.ts";
import { aboutFault } from "../explain/fault.ts";
import { aboutRequirement } from "../explain/requirement.ts";

/** Explains a case, a requirement or a fault. Throws a `UsageError` for an unknown name. */
export async function explainCommand(name: string, protocol: Protocol): Promise<void> {
  const lines = await explanation(name, protocol);
  process.stdout.write([...lines.map(visible), ""].join("\n"));
}

async function explanation(name: string, protocol: Protocol): Promise<string[]> {
  const cases = protocol.suites.flatMap((suite) => suite.cases);
  const it = cases.find(({ id }) => id === name);
  if (it) return aboutCase(it, protocol);
  const requirement = protocol.requirements.find(({ id }) => id === name);
  if (requirement) return aboutRequirement(requirement, protocol);
  const faults = await protocol.faults();
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault) return aboutFault(name, fault, protocol);
  const known = [...[...cases, ...protocol.requirements].map(({ id }) => id), ...Object.keys(faults)];
  throw new UsageError(
    `There is no case, requirement or fault "${name}".${suggestion(name, known) || " See `list` and `serve --list-faults`."}`,
  );
}
