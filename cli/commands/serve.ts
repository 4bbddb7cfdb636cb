import { once } from "node:events";
import { groupBy } from "../../harness/group.ts";
import type { Fault, Protocol } from "../../harness/protocol.ts";
import { cannotListen, UsageError } from "../../harness/usage.ts";
import { plural } from "../../harness/words.ts";
import { whereElse } from "../../suites/index.ts";

/** The options of `serve`, as the command line gives them. */
interface ServeArguments {
  readonly host: string | undefined;
  readonly port: number;
  readonly fault?: string | undefined;
  readonly listFaults: boolean;
}

/**
 * Runs the reference server until it is interrupted, or lists its faults. Throws a `UsageError` if it cannot listen, and for an
 * unknown fault.
 */
export async function serveCommand(
  { host, port, fault, listFaults }: ServeArguments,
  protocol: Protocol,
): Promise<void> {
  const faults = await protocol.faults();
  if (listFaults) return list(faults, protocol);
  if (fault !== undefined && !Object.hasOwn(faults, fault)) {
    const elsewhere = await whereElse(protocol, async (it) => Object.hasOwn(await it.faults(), fault));
    if (elsewhere !== undefined) throw new UsageError(`The fault "${fault}" is ${elsewhere}`);
  }
  const server = await protocol.serve({ host, port, fault }).catch((error) => {
    if (error instanceof UsageError) throw error;
    throw cannotListen({ host, port }, error);
  });
  const notes = (server.notes ?? []).map((line) => `${line}\n`).join("");
  const how = fault === undefined ? "" : `It has the fault ${fault}: ${faults[fault]?.says}\n`;
  process.stdout.write(
    `${protocol.name} ${protocol.version} reference server: ${server.url}\n${notes}${how}Ctrl-C ends it.\n`,
  );
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await server.close();
}

/** Lists the faults by the sections of the requirements that they break, in the order of the catalogue. */
function list(faults: Readonly<Record<string, Fault>>, { requirements, sections }: Protocol): void {
  const sectionOf = new Map(requirements.map(({ id, section }) => [id, section]));
  const groups = groupBy(Object.entries(faults), ([, { breaks }]) => sectionOf.get(breaks) ?? "");
  const lines = sections.flatMap(({ name: section, title }) => {
    const some = groups.get(section) ?? [];
    const width = Math.max(...some.map(([name]) => name.length));
    const rows = some.map(([name, { says, breaks }]) => `  ${name.padEnd(width)}  ${says} Breaks ${breaks}.`);
    return some.length === 0 ? [] : [`${title} (${plural(some.length, "fault")})`, ...rows, ""];
  });
  process.stdout.write(lines.join("\n"));
}
