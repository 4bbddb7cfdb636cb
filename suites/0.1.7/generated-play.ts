import type { Connection } from "../../harness/connection.ts";
import { isNothing, type Nothing, whyNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { heard, isEnded, type Message } from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { MALFORMED_ANSWER } from "../websocket/malformed-reaction.ts";
import type { GeneratedCommand } from "./generated-inputs.ts";
import { mayBeLost } from "./messages-facts.ts";
import { DISCONNECTED, disconnect, disconnected, GREETING, goodbyesOf, nameOf, refusalsOf } from "./protocol.ts";

/** One mistake of a server with some commands. */
export interface Mistake {
  readonly requirement: RequirementId;
  readonly words: string;
  /** The reason why nobody can tell: the suite itself stopped reading. */
  readonly inconclusive?: Nothing;
}

/** The outcome of commands on one connection. */
interface Played {
  readonly mistake: Mistake | undefined;
  /** The server refused one of the malformed ones and ended the connection: the rest was not judged. */
  readonly ended: boolean;
}

const wrong = (requirement: RequirementId, words: string, answer?: Message | Nothing): Mistake =>
  isNothing(answer) && whyNothing(answer).unread
    ? { requirement, words, inconclusive: answer }
    : { requirement, words };

/**
 * Sends commands on one connection. The malformed ones before the first request go alone: a success can only be theirs. Then the
 * rest goes, or a request.
 */
export async function play(connect: Context["connect"], commands: readonly GeneratedCommand[]): Promise<Played> {
  const client = await connect();
  const first = commands.findIndex(({ valid }) => valid);
  const before = texts(first < 0 ? commands : commands.slice(0, first));
  const after = first < 0 ? [JSON.stringify(disconnect)] : texts(commands.slice(first));
  if (before.length > 0) {
    client.send(...before);
    const names = new Set(before.flatMap(refusalsOf));
    const answers = () => answersIn(client, names);
    const done = () => answers().length >= before.length || isEnded(client) || undefined;
    await client.wait(MALFORMED_ANSWER, done, { owed: false });
    const success = answers().find(({ status }) => status === "success");
    if (success) return { mistake: wrong("malformed.rejected", `carried out: ${show(success)}`), ended: true };
    if (goodbyesOf(client, "failed").length > 0) return { mistake: undefined, ended: true };
    if (mayBeLost(client.transcript)) return { mistake: undefined, ended: true };
    if (isEnded(client)) return { mistake: wrong("malformed.usable", `ended without ${DISCONNECTED}`), ended: true };
  }
  client.send(...after);
  const goodbye = await disconnected(client);
  if (mayBeLost(client.transcript)) return { mistake: undefined, ended: true };
  return { mistake: judgeGoodbye(goodbye, before.length > 0), ended: false };
}

/**
 * Sends commands of several clients in turn, each on its connection. A client that sent nothing, or a request first, must be
 * served as if it were alone.
 */
export async function playTogether(connect: Context["connect"], turns: Turns): Promise<Mistake | undefined> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect()));
  for (const [i, { text }] of turns) clients[i]?.send(text);
  const mistakes = clients.map(async (client, i) => {
    const own = turns.filter(([turn]) => turn === i).map(([, command]) => command);
    if (!own.some(({ valid }) => valid)) client.send(disconnect);
    const goodbye = await disconnected(client);
    if (mayBeLost(client.transcript)) return undefined;
    const undisturbed = own.length === 0 || own[0]?.valid;
    // The same commands alone show if the others disturb it.
    if (undisturbed && judgeGoodbye(goodbye, false))
      return (await play(connect, own)).mistake
        ? undefined
        : disturbed(connect, turns, `client ${i}: ${told(goodbye)}`, goodbye);
    return isNothing(goodbye) ? wrong("malformed.usable", `client ${i}: ${told(goodbye)}`, goodbye) : undefined;
  });
  return (await Promise.all(mistakes)).find((mistake) => mistake !== undefined);
}

/** Finds out if the requests of others alone disturb a client, or only their malformed commands. */
async function disturbed(
  connect: Context["connect"],
  turns: Turns,
  words: string,
  answer: Message | Nothing,
): Promise<Mistake> {
  const requests = turns.filter(([, { valid }]) => valid);
  const alone =
    requests.length === turns.length ||
    (await playTogether(connect, requests)) !== undefined ||
    (await harmsBystander(connect, requests));
  return wrong(alone ? "disconnect.isolated" : "malformed.survives", words, answer);
}

/** Tells if requests harm a client that speaks only once all are answered. Where clients speak at the same time, it is luck. */
async function harmsBystander(connect: Context["connect"], requests: Turns): Promise<boolean> {
  const bystander = await connect();
  const those = requests.length > 0 ? requests.map(([, { text }]) => text) : [JSON.stringify(disconnect)];
  for (const text of new Set(those)) {
    const client = await connect();
    client.send(text);
    if (isNothing(await disconnected(client))) break;
  }
  bystander.send(disconnect);
  return judgeGoodbye(await disconnected(bystander), false) !== undefined;
}

type Turns = readonly (readonly [client: number, command: GeneratedCommand])[];

/** Clients that talk in turn. */
export const CLIENTS = 4;

const texts = (commands: readonly GeneratedCommand[]) => commands.map(({ text }) => text);
const told = (answer: Message | Nothing) => `${isNothing(answer) ? "no answer" : show(answer)} to its request`;

/** Judges that a request was carried out, or may have been refused because of a malformed command before it. */
function judgeGoodbye(goodbye: Message | Nothing, afterMalformed: boolean): Mistake | undefined {
  if (isNothing(goodbye))
    return wrong(afterMalformed ? "malformed.usable" : "disconnect.answered", told(goodbye), goodbye);
  if (goodbye.status === "success" || afterMalformed) return undefined;
  return wrong("disconnect.success", told(goodbye));
}

/** The messages of these names that answer malformed commands, for good or bad. */
const answersIn = (client: Connection, names: ReadonlySet<string>): Message[] =>
  heard(client).filter((message) => nameOf(message) !== GREETING && names.has(nameOf(message) ?? ""));
