import type { Arbitrary } from "fast-check";
import type { Connection } from "../../harness/connection.ts";
import { overlapping } from "../../harness/pool.ts";
import { counterexample, type Generator } from "../../harness/property.ts";
import type { Case, Context } from "../../harness/scenario.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { extended, interleaving, malformed, sequence, spelled } from "./generated-inputs.ts";
import { CLIENTS, type Mistake, play, playTogether } from "./generated-play.ts";
import { disconnect, scenario } from "./protocol.ts";

type Connect = Context["connect"];
type Judge<T> = (
  client: Pick<Context, "connect" | "room">,
  values: readonly T[],
) => Promise<readonly (Mistake | undefined)[]>;

/** The number of connections at the same time. */
const AT_A_TIME = 50;

/** The number of malformed commands that share a connection. */
const COMMANDS_A_CONNECTION = 20;

/** The time that generated values may take, in ms, as an exact request suggests. */
const TIME_TO_GENERATE = 8_000;

/** The factor by which a value takes longer than such a request. */
const REQUESTS_A_VALUE = 4;

/** Returns the number of values for a target that takes so many ms for a request: fewer if it is slow. */
const fewer = (runs: number, ms: number) =>
  Math.max(1, Math.min(runs, Math.floor((AT_A_TIME / REQUESTS_A_VALUE) * (TIME_TO_GENERATE / ms))));

/** Returns the time from the first event of a connection to the last, in ms. */
const lengthOf = ({ transcript: { events } }: Connection) => (events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0);

/** Judges each value by itself, with this number of clients. */
const each =
  <T>(judge: (connect: Connect, value: T) => Promise<Mistake | undefined>, clients = 1): Judge<T> =>
  ({ connect, room }, values) =>
    overlapping(values, atATime(room, clients), (value) => judge(connect, value));

/** The number of values that are judged at the same time: as many as the target accepts clients for, and one at least. */
const atATime = (room: number, clients: number) => Math.max(1, Math.min(AT_A_TIME, Math.floor(room / clients)));

/** Judges requests, each on a connection of its own; whatever is wrong breaks this requirement. */
const requests = (requirement: RequirementId): Judge<string> =>
  each(async (connect, text) => {
    const { mistake } = await play(connect, [{ text, valid: true }]);
    return mistake && { ...mistake, requirement };
  });

/**
 * Judges malformed commands, many on one connection if the server leaves it open. If it ends the connection, or something is wrong, each
 * command that shared it gets a connection of its own: two rounds, however many there are. One that had it for itself needs no second.
 */
const malformedOnes: Judge<string> = async ({ connect, room }, values) => {
  const commands = values.map((text) => ({ text, valid: false }));
  const groups = Array.from({ length: Math.ceil(commands.length / COMMANDS_A_CONNECTION) }, (_, i) =>
    commands.slice(i * COMMANDS_A_CONNECTION, (i + 1) * COMMANDS_A_CONNECTION),
  );
  const shared = await overlapping(groups, atATime(room, 1), (group) => play(connect, group));
  if (commands.length === 1) return [shared[0]?.mistake];
  const doubtful = new Set(groups.filter((_, i) => shared[i]?.mistake || shared[i]?.ended).flat());
  return overlapping(commands, atATime(room, 1), async (command) =>
    doubtful.has(command) ? (await play(connect, [command])).mistake : undefined,
  );
};

/** Makes a case whose inputs are generated: it shows the smallest input that the server takes wrongly. */
function generated<T, const Id extends RequirementId>(
  make: (fc: Generator) => Arbitrary<T>,
  judge: Judge<T>,
  about: { readonly id: string; readonly title: string; readonly tests: readonly Id[] },
): Case {
  return scenario({
    ...about,
    generates: true,
    given: [make, judge],
    async run({ connect, check, skip, random, room }) {
      const plain: Connection[] = [];
      const watched: Connect = async (options) => {
        const client = await connect(options);
        plain.push(client);
        return client;
      };
      const { mistake: failed } = await play(watched, [{ text: JSON.stringify(disconnect), valid: true }]);
      if (failed) {
        for (const id of about.tests) skip(id, "an exact request is not carried out either: see disconnect.success");
        return;
      }
      // By the transcript, so that a recording gives the same.
      const runs = fewer(random.runs, Math.max(1, ...plain.map(lengthOf)));
      const found = await counterexample(make, { ...random, runs }, (values) => judge({ connect, room }, values));
      const kept = `each of ${runs} generated from seed ${random.seed} kept it`;
      for (const id of about.tests.filter((it) => !found || it === found.finding.requirement)) {
        const words = found && `${found.finding.words}; the smallest that shows it: ${told(found.value)}`;
        check(id, found?.finding.inconclusive ?? words ?? kept, { const: kept, title: kept });
      }
      if (found)
        await judge({ connect: (options) => connect({ ...options, name: "the smallest" }), room }, [found.value]);
    },
  });
}

/** Says what was sent: a text; texts in a row; texts of several clients in turn. */
function told(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.map((it) => (Array.isArray(it) ? `client ${it[0]} ${it[1].text}` : it.text)).join(", then ");
}

/** The cases with inputs that nobody thought of. With the same seed they send the same again. */
export const generatedCases = [
  generated(extended, requests("disconnect.extra-properties"), {
    id: "generated/extended-requests",
    title: "clients send disconnect requests with generated properties",
    tests: ["disconnect.extra-properties"],
  }),
  generated(spelled, requests("disconnect.encoding"), {
    id: "generated/spelled-requests",
    title: "clients send disconnect requests in generated JSON spellings",
    tests: ["disconnect.encoding"],
  }),
  generated(malformed, malformedOnes, {
    id: "generated/malformed-commands",
    title: "clients send generated malformed commands, many on one connection where it stays open",
    tests: ["malformed.rejected", "malformed.usable"],
  }),
  generated(
    sequence,
    each(async (connect, commands) => (await play(connect, commands)).mistake),
    {
      id: "generated/sequences",
      title: "clients send generated sequences of up to 20 commands each, malformed ones and disconnect requests",
      tests: ["malformed.rejected", "malformed.usable", "disconnect.answered", "disconnect.success"],
    },
  ),
  generated(interleaving, each(playTogether, CLIENTS), {
    id: "generated/interleavings",
    title: `${CLIENTS} clients at a time send generated commands in turn, up to 20`,
    tests: ["disconnect.isolated", "malformed.survives", "malformed.usable"],
  }),
];
