import { createHash } from "node:crypto";
import type { Connection } from "../../harness/connection.ts";
import type { Expectation } from "../../harness/expect.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import type { Case, Context } from "../../harness/scenario.ts";
import { isEnded, type Message } from "../../harness/transcript.ts";
import { slug } from "../websocket/words.ts";
import { endedInstead } from "./answers.ts";
import { call, DISCONNECT, dialect, request, responseTo } from "./dialect.ts";
import { isUnimplemented, scenario, UNIMPLEMENTED } from "./protocol.ts";
import type { Sweep, SweepInput } from "./sweep-inputs.ts";

/** The requests that are on their way at a time. */
const AT_A_TIME = 5;

/** An input as it stands in the row of a case. */
const rowOf = ({ what, data }: SweepInput) => ({ what, data });

/** The reason for which an invalid request fails, and the answers of a server that may lack the command. */
const INVALID = "invalid_request";
const REASONS: readonly string[] = [INVALID, UNIMPLEMENTED];

/** Returns the reason of a response, or its status if it gives none; the silence if there is no response. */
const reasonOf = (response: Message | Nothing) =>
  isNothing(response) ? response : (response.reason ?? response.status);

/** The side that sends the requests, in words, and the sign that a connection lives on. */
interface Sender {
  readonly who: string;
  sign(client: Connection): Promise<Message | Nothing>;
}

const USER: Sender = { who: "a client", sign: dialect.sign };

/** Requests that break their schemas: nothing changes by them. */
export const invalidCases = (sweeps: readonly Sweep[], sender = USER): readonly Case[] =>
  sweeps.flatMap((sweep) => (sweep.invalid.length > 0 ? [invalid(sweep, sender)] : []));

const invalid = ({ command, invalid: inputs }: Sweep, { who, sign }: Sender) =>
  scenario({
    id: `invalid/${slug(command)}`,
    title: `${who} sends requests of ${command} that break its schema, each in one point`,
    given: inputs.map(rowOf),
    tests: ["request.answered", "invalid.data", "invalid.usable"],
    async run({ connect, check }) {
      const client = await connect();
      const isInvalid = ({ input, response }: Answer): boolean => {
        const any = input.anyReason && !isNothing(response) && response.status === "failed";
        const expected = { title: `${input.what}: ${INVALID}`, enum: any ? [reasonOf(response)] : REASONS };
        return judgeInvalid({ input, response }, { client, check, expected });
      };
      // Each of the others is judged only if a connection lives on after one.
      const [first, ...others] = inputs;
      for (const answer of await answersTo(client, command, first ? [first] : [])) {
        const { response } = answer;
        if (!endedInstead(response, client) && !check("request.answered", response)) return;
        if (!isInvalid(answer)) return;
      }
      if (!check("invalid.usable", await sign(client))) return;
      for (const answer of await answersTo(client, command, others)) if (!isInvalid(answer)) return;
    },
  });

/** The means to judge the response to an invalid request. */
interface Invalid extends Pick<Context<"request.answered" | "invalid.data">, "check"> {
  readonly client: Connection;
  readonly expected: Expectation;
}

/** Judges the reason of a response. A request without a response breaks what holds for all requests, whatever is wrong with its data. */
function judgeInvalid({ input, response }: Answer, { client, check, expected }: Invalid): boolean {
  if (isNothing(response) && !endedInstead(response, client))
    return check("request.answered", response, { title: `${input.what}: a response` });
  return check("invalid.data", reasonOf(response), expected, response);
}

/** Valid requests of all commands, also with odd values: they may change something. */
export const validCases = (sweeps: readonly Sweep[], sender = USER): readonly Case[] =>
  sweeps.filter(({ command }) => command !== DISCONNECT).map((sweep) => valid(sweep, sender));

function valid({ command, valid: [plain, ...odd], invalid: inputs }: Sweep, { who, sign }: Sender): Case {
  const wrong = inputs.filter(({ anyReason }) => !anyReason).slice(0, 1);
  return scenario({
    id: `valid/${slug(command)}`,
    title: `${who} sends valid requests of ${command}: plain ones, with odd texts, with further properties`,
    given: [plain, odd.map(rowOf), wrong.map(rowOf)],
    tests: [
      "request.answered",
      "request.extra",
      "valid.odd-strings",
      ...(wrong.length > 0 ? (["invalid.data"] as const) : []),
    ],
    async run({ connect, check }) {
      const client = await connect();
      const first = await call(client, command, idOf(command, "plain"), plain?.data);
      // Its texts name nobody, which is odd for a server that ends the connection over them.
      const isOdd = endedInstead(first, client) && plain?.data !== undefined;
      if (!check(isOdd ? "valid.odd-strings" : "request.answered", first) || isNothing(first)) return;
      const further = { ...Object(plain?.data), conformance: { extra: [1] } };
      const extra = await call(client, command, idOf(command, "extra"), further);
      const asInvalid = !isUnimplemented(first) && first.reason !== INVALID;
      const notRefused = { title: "not refused for a further property", ...(asInvalid && { not: { const: INVALID } }) };
      check("request.extra", isNothing(extra) ? extra : (extra.reason ?? "answered"), notRefused, extra);
      for (const { input, response } of await answersTo(client, command, odd))
        if (!check("valid.odd-strings", response, { title: `${input.what}: a response` })) return;
      if (!check("valid.odd-strings", await sign(client), { title: "the connection works afterwards" })) return;
      for (const answer of await answersTo(client, command, wrong)) {
        const title = `${answer.input.what}: not ${UNIMPLEMENTED}, since a valid request is carried out`;
        const expected = isUnimplemented(first) ? {} : { title, not: { const: UNIMPLEMENTED } };
        judgeInvalid(answer, { client, check, expected });
      }
    },
  });
}

interface Answer {
  readonly input: SweepInput;
  readonly response: Message | Nothing;
}

/** Characters of a digest that tells one request from all others. */
const DIGEST = 8;

/**
 * The id of a request: no other of the sweep has it. It is plain, in lower case, and no longer than a UUID, of 36 characters:
 * `request.echo` is about others.
 */
function idOf(command: string, what: string): string {
  const digest = createHash("sha256").update(`${command} ${what}`).digest("hex").slice(0, DIGEST);
  return `${slug(what).slice(0, 35 - DIGEST)}-${digest}`;
}

/** Sends requests, some at a time, and awaits their responses. Stops at the first that has none. */
async function answersTo(
  client: Connection,
  command: string,
  inputs: readonly SweepInput[],
): Promise<readonly Answer[]> {
  const all: Answer[] = [];
  for (let i = 0; i < inputs.length && !isEnded(client); i += AT_A_TIME) {
    const some = inputs.slice(i, i + AT_A_TIME);
    client.send(...some.map((input) => request(command, idOf(command, input.what), input.data)));
    for (const input of some) {
      const response = await responseTo(client, idOf(command, input.what), command);
      all.push({ input, response });
      if (isNothing(response)) return all;
    }
  }
  return all;
}
