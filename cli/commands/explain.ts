import { glob } from "../../harness/glob.ts";
import { casesIn, type Protocol } from "../../harness/protocol.ts";
import { suggestion, UsageError } from "../../harness/usage.ts";
import { visible } from "../../reports/escape.ts";
import { listed } from "../../reports/names.ts";
import { quoted } from "../../reports/shell-commands.ts";
import { whereElse } from "../../suites/index.ts";
import { type AboutCase, aboutCase, caseInWords } from "../explain/case.ts";
import { type AboutCommand, aboutCommand, commandInWords, commandsIn } from "../explain/command.ts";
import { explainable } from "../explain/explainable.ts";
import { type AboutFault, aboutFault, faultInWords } from "../explain/fault.ts";
import { type AboutRequirement, aboutRequirement, requirementInWords } from "../explain/requirement.ts";

/** The options of `explain`, as the command line gives them. */
interface ExplainArguments {
  readonly id: string;
  readonly json: boolean;
}

/** An explanation. Its schema is `explain.schema.json`. */
type Explanation = AboutCase | AboutRequirement | AboutFault | AboutCommand;

/** Explains a case, a requirement, a fault or a command. Throws a `UsageError` for an unknown name. */
export async function explainCommand({ id, json }: ExplainArguments, protocol: Protocol): Promise<void> {
  const it = await explain(id, protocol);
  const lines = json ? [JSON.stringify(it, null, 1)] : inWords(it, protocol).map(visible);
  process.stdout.write([...lines, ""].join("\n"));
}

/** Returns the explanation of a name. Throws a `UsageError` for an unknown one. */
export async function explain(name: string, protocol: Protocol): Promise<Explanation> {
  const cases = casesIn(protocol);
  const it = cases.find(({ id }) => id === name);
  if (it) return aboutCase(it, protocol);
  const requirement = protocol.requirements.find(({ id }) => id === name);
  if (requirement) return aboutRequirement(requirement, protocol);
  const faults = await protocol.faults();
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault) return aboutFault(name, fault, protocol);
  const command = aboutCommand(name, protocol);
  if (command) return command;
  const several = meantBy(name, protocol);
  const [only, ...others] = several?.ids ?? [];
  if (only !== undefined && others.length === 0) return explain(only, protocol);
  if (several) throw new UsageError(`"${name}" stands for several. See \`${several.listing}\`, and explain one.`);
  const elsewhere = await whereElse(protocol, async (other) => (await explainable(other)).includes(name));
  if (elsewhere !== undefined) throw new UsageError(`"${name}" is ${elsewhere}`);
  const known = await explainable(protocol);
  const within = commandsIn(protocol).filter((it) => it.startsWith(`${name.replace(/\/?\*?$/, "")}/`));
  if (within.length > 0)
    throw new UsageError(`"${name}" stands for several commands: ${listed(within, undefined, 20)}. Explain one.`);
  if (protocol.isElsewhere?.(name))
    throw new UsageError(
      `The suite has no schema of "${name}". Give those of the protocol's repository: --schemas <folder>.`,
    );
  throw new UsageError(
    `There is no case, requirement, fault or command "${name}".${suggestion(name, known) || " See `list` and `serve --list-faults`."}`,
  );
}

/** Finds what a name stands for, a suite, a section of the catalogue, or a glob, and the command that lists it. */
function meantBy(name: string, { suites, requirements, options = [] }: Protocol) {
  const rows = requirements.map(({ id }) => ({ id, name: id }));
  const all = suites.flatMap(({ name: suite, cases }) => cases.map(({ id }) => ({ id, name: id, suite })));
  const ways = [
    ["--suite", name, all.map(({ id, suite }) => ({ id, name: suite }))],
    ["--case", name, all],
    ["--requirement", name, rows],
    ["--requirement", `${name}.*`, rows],
  ] as const;
  for (const [option, pattern, known] of ways) {
    const isMeant = glob(pattern);
    const ids = known.filter((it) => isMeant(it.name)).map(({ id }) => id);
    if (ids.length > 0) return { ids, listing: ["list", option, pattern, ...options].map(quoted).join(" ") };
  }
  return undefined;
}

function inWords(it: Explanation, protocol: Protocol): string[] {
  if (it.kind === "case") return caseInWords(it, protocol);
  if (it.kind === "command") return commandInWords(it);
  return it.kind === "fault" ? faultInWords(it, protocol) : requirementInWords(it, protocol);
}
