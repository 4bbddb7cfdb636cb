import type { Finding, RecordedRule } from "../../harness/rule.ts";
import { isObject, json, type Message, messages, type Transcript, type WireEvent } from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import {
  asksToDisconnect,
  greetingIn,
  heardIn,
  isOdd,
  isSuccessfulGoodbye,
  queryIn,
  toldParity,
} from "./messages-facts.ts";
import { brokenBy, eventOf, kept } from "./messages-findings.ts";
import { DISCONNECT, nameOf, PARAMETER, violationsOf } from "./protocol.ts";

/** A version as the protocol writes it, and one whose parity the protocol leaves open. */
const PLAIN_VERSION = /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})$/;
const OPEN_VERSION = /^\d+\.\d+\.\d+[-+]|\d{16}/;

/** The parity that a client is owed, and the requirement that says so. */
interface Owed {
  readonly requirement: RequirementId;
  readonly parity: string;
  readonly client: string;
}

/** Judge the parity in a recorded greeting by the version in the url. A case judges its own requests alone. */
const parityRules: readonly RecordedRule[] = (
  ["parity.major", "parity.minor", "parity.patch", "parity.missing", "parity.unparseable"] as const
).map((requirement) => ({
  requirement,
  applies: (transcript) => owed(transcript)?.requirement === requirement && toldParity(transcript) !== undefined,
  judge(transcript): Finding {
    const due = owed(transcript);
    const parity = toldParity(transcript);
    if (!due || parity === undefined) return { outcome: "inconclusive", actual: "no greeting is recorded" };
    const words = `${due.client} is told ${show(parity)}`;
    if (parity === due.parity) return { outcome: "kept", actual: words };
    const shown = transcript.events[greetingIn(transcript)?.index ?? -1];
    return { outcome: "broken", actual: `${words}, not ${show(due.parity)}`, ...(shown && { events: [shown] }) };
  },
  needs: (transcript) => [
    transcript.events[greetingIn(transcript)?.index ?? -1],
    transcript.events.find(isUpgrade),
    transcript.events.find(isOdd),
  ],
  gaps: { hide: [], excuse: ["server"] },
}));

/** A text that names its command twice, so that a server may take either. */
const TWICE = /"command".*"command"/s;

const nameIn = (event: WireEvent): string | undefined => {
  const message = json(event);
  return isObject(message) ? nameOf(message) : undefined;
};

/** Tells if a client asked for the end of its connection, rightly or in a way that the protocol leaves open. */
const mayAsk = (event: WireEvent): boolean =>
  asksToDisconnect(event) && (event.type !== "text" || nameIn(event) === DISCONNECT || TWICE.test(event.data));

/** Tells if a client sent a text that a lenient server takes for a disconnect request: no JSON, or a command much like it. */
const isNearMiss = (event: WireEvent): boolean =>
  event.type === "text" &&
  asksToDisconnect(event) &&
  !mayAsk(event) &&
  (json(event) === undefined || /disconnect/i.test(nameIn(event) ?? ""));

/** Judges that a recorded command that only resembles a disconnect request was not carried out. */
const malformedRule: RecordedRule = {
  requirement: "malformed.rejected" satisfies RequirementId,
  applies: ({ events }) => events.some(isNearMiss) && !events.some(mayAsk),
  judge(transcript): Finding {
    const success = heardIn(transcript).find(isSuccessfulGoodbye);
    const isCarriedOut = success !== undefined && transcript.events.slice(0, success.index).some(isNearMiss);
    return isCarriedOut ? brokenBy(transcript, success) : kept("no malformed command was carried out");
  },
  needs: (transcript) => [
    transcript.events.find(isNearMiss),
    transcript.events.find(mayAsk),
    eventOf(transcript, heardIn(transcript).find(isSuccessfulGoodbye)),
  ],
  gaps: { hide: [], excuse: ["client"] },
};

/** The rules for recorded traffic alone. */
export const recordedRules: readonly RecordedRule[] = [...parityRules, malformedRule];

const isUpgrade = ({ from, type }: WireEvent) => from === "client" && type === "upgrade";
function owed({ url, events }: Transcript): Owed | undefined {
  if (url === "") return undefined;
  const { query, versions } = queryIn(url);
  if (events.some(isOdd) || versions.length > 1 || /%(?![\da-f]{2})/i.test(query)) return undefined;
  const client = new URLSearchParams(query).get(PARAMETER);
  // A url may be recorded without its query. The head of a request has all of it.
  if (client === null)
    return versions.length === 0 && events.some(isUpgrade)
      ? { requirement: "parity.missing", parity: "unknown", client: "a client without a version" }
      : undefined;
  return owedTo(client);
}

function owedTo(client: string): Owed | undefined {
  const who = `a client of version ${show(client)}`;
  if (OPEN_VERSION.test(client)) return undefined;
  const [theirs, mine] = [PLAIN_VERSION.exec(client), PLAIN_VERSION.exec(version)];
  if (!theirs) return { requirement: "parity.unparseable", parity: "unknown", client: who };
  const part = (["major", "minor", "patch"] as const).find((_, i) => theirs[i + 1] !== mine?.[i + 1]);
  return part && { requirement: `parity.${part}`, parity: `${part}_mismatch`, client: who };
}

/** Says what is wrong with a message of a client; nothing if all is right. */
export function mistakeOf(message: Message): string | undefined {
  const name = nameOf(message);
  if (name === undefined) return 'it has no "command"';
  if (name !== DISCONNECT) return `${show(name)} is no command that a client of ${version} sends`;
  return violationsOf(message)[0]?.says;
}

/** Tells if anything on a connection is of this protocol: its url, or one message. */
export const speaks = (transcript: Transcript): boolean =>
  transcript.url.includes(`${PARAMETER}=`) ||
  (["client", "server"] as const).some((side) =>
    messages(transcript, side).some(({ message }) => /^[^/]+\/[^/]+\/[^/]+$/.test(nameOf(message) ?? "")),
  );
