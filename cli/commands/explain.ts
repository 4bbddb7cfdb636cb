import { suggestion, UsageError } from "../../harness/usage.ts";
import { visible } from "../../reports/escape.ts";
import { current } from "../../suites/index.ts";
import { explainCase } from "../explain/case.ts";
import { explainFault } from "../explain/fault.ts";
import { explainRequirement } from "../explain/requirement.ts";

/** Explains a case, a requirement or a fault. Throws a `UsageError` for an unknown name. */
export async function explain(name: string): Promise<void> {
  const lines = await explanation(name);
  process.stdout.write([...lines.map(visible), ""].join("\n"));
}

async function explanation(name: string): Promise<string[]> {
  const cases = current.suites.flatMap((suite) => suite.cases);
  const it = cases.find(({ id }) => id === name);
  if (it) return explainCase(it, current);
  const requirement = current.requirements.find(({ id }) => id === name);
  if (requirement) return explainRequirement(requirement, current);
  const faults = await current.faults();
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault) return explainFault(name, fault, current);
  const known = [...[...cases, ...current.requirements].map(({ id }) => id), ...Object.keys(faults)];
  throw new UsageError(`There is no case, requirement or fault "${name}".${suggestion(name, known)}`);
}
