import type { Connection } from "../../harness/connection.ts";
import type { Nothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { responseOf } from "../../harness/upgrade.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { type Ask, answered, answerTo, header, NO_101, outcome, without } from "../websocket/heads.ts";
import { slug } from "../websocket/words.ts";
import { SUBPROTOCOL, scenario } from "./protocol.ts";

const PROTOCOL = "Sec-WebSocket-Protocol";

/** Offers these subprotocols, each text in a header of its own. */
const offering =
  (...offers: readonly string[]): Ask =>
  (head) => {
    const rest = without(head, PROTOCOL.toLowerCase());
    return { ...rest, headers: [...rest.headers, ...offers.map((it) => [PROTOCOL, it] as const)] };
  };

/** The subprotocol that is selected, or what became of the handshake. */
const selected = (client: Connection): string | Nothing =>
  responseOf(client.transcript)?.status === 101 ? header(client, PROTOCOL.toLowerCase()) : answered(client);

interface Offer {
  readonly requirement: RequirementId;
  readonly offers: readonly string[];
  /** The only one that may be selected; without it none may be. */
  readonly wanted?: string;
}

const OFFERS: Readonly<Record<string, Offer>> = {
  "as any client does": { requirement: "version.selected", offers: [SUBPROTOCOL], wanted: SUBPROTOCOL },
  "behind others": {
    requirement: "version.list",
    offers: [`foo, v9.tachyon, ${SUBPROTOCOL}`],
    wanted: SUBPROTOCOL,
  },
  "before others": { requirement: "version.list", offers: [`${SUBPROTOCOL},foo`], wanted: SUBPROTOCOL },
  "in a second header": { requirement: "version.list", offers: ["foo", SUBPROTOCOL], wanted: SUBPROTOCOL },
  "of another major": { requirement: "version.unsupported", offers: ["v9.tachyon"] },
  "of major 1": { requirement: "version.unsupported", offers: ["v1.tachyon, v2.0.tachyon"] },
  "of a higher minor": { requirement: "version.higher-minor", offers: ["v0.7.tachyon"], wanted: "v0.7.tachyon" },
  "of minor 12": { requirement: "version.higher-minor", offers: ["v0.12.tachyon"], wanted: "v0.12.tachyon" },
  "of minor 0": { requirement: "version.minor-zero", offers: ["v0.0.tachyon"], wanted: "v0.0.tachyon" },
  "of two minors": {
    requirement: "version.highest",
    offers: [`${SUBPROTOCOL}, v0.1.tachyon`],
    wanted: "v0.1.tachyon",
  },
  "of minors 9 and 10": {
    requirement: "version.highest",
    offers: ["v0.10.tachyon, v0.9.tachyon"],
    wanted: "v0.10.tachyon",
  },
  ...Object.fromEntries(
    [
      "v0tachyon",
      "0.tachyon",
      "v00.tachyon",
      "v-1.tachyon",
      "xv0.tachyon",
      "V0.tachyon",
      "v0.tachyon.v0",
      "v0.x.tachyon",
      "v0.01.tachyon",
    ].map((it) => [`of the form ${it}`, { requirement: "version.near-miss", offers: [it] } as const]),
  ),
};

/** No subprotocol of those in the table, all of which begin so. */
const NONE = { type: "string", title: "none selected, or no 101", not: { pattern: "^v|^xv|^0|^V" } };

const offers = Object.entries(OFFERS).map(([name, { requirement, offers: some, wanted }]) =>
  scenario({
    id: `connection/offer-${slug(name)}`,
    title: `a client offers the subprotocol ${some.join(", and in another header ")}`,
    given: [some, wanted],
    tests: [requirement],
    async run({ connect, check }: Context<RequirementId>) {
      const client = await connect({ handshake: { ask: offering(...some) } });
      check(requirement, selected(client), wanted === undefined ? NONE : { const: wanted }, answerTo(client));
    },
  }),
);

/** The cases of the versions that a client offers, part of the section "Handshake, authorization, version". */
export const offerCases = [
  ...offers,

  scenario({
    id: "connection/offer-nothing",
    title: "a client offers no subprotocol",
    tests: ["version.missing"],
    async run({ connect, check }) {
      check("version.missing", outcome(await connect({ handshake: { ask: offering() } })), NO_101);
    },
  }),
];
