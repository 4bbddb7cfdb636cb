import { isNothing, type Nothing, whyNothing } from "../../harness/nothing.ts";
import type { ConnectOptions, Context } from "../../harness/scenario.ts";
import { isObject, type Message } from "../../harness/transcript.ts";
import { responseOf } from "../../harness/upgrade.ts";
import { show } from "../../harness/words.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { shortened } from "../websocket/words.ts";
import { disconnect, disconnected, greeting, NO_VERSION, PARAMETER, queryOf, scenario } from "./protocol.ts";
import * as inputs from "./version-parity-inputs.ts";
import { type Parity, parityOf } from "./version-parity-inputs.ts";

/** The requirement that tests each parity. */
const REQUIREMENTS = {
  match: "parity.match",
  major_mismatch: "parity.major",
  minor_mismatch: "parity.minor",
  patch_mismatch: "parity.patch",
} as const satisfies Record<Parity, RequirementId>;

const parsed = [...inputs.combinations, ...inputs.lookalikes]
  .filter(({ value }) => value !== inputs.other)
  .map(({ name, value }) =>
    scenario({
      id: `version/parity-${name}`,
      title: `a client of version ${value} connects`,
      given: value,
      tests: ["version.greeting", "version.success", "version.current", REQUIREMENTS[parityOf(value)]],
      run: (context) =>
        expectParity(context, { query: queryOf(value) }, REQUIREMENTS[parityOf(value)], parityOf(value)),
    }),
  );

/** Checks the parity for a query with odd escapes, unless the whole request is refused with a 4xx, as many frameworks do. */
async function expectUnlessRefused(
  context: Context,
  query: string,
  requirement: RequirementId,
  parity: Parity | "unknown",
): Promise<void> {
  const client = await context.connect({ query });
  const status = Number(responseOf(client.transcript)?.status);
  if (status >= 400 && status < 500)
    return context.unasked(requirement, "no server has to take a query with such an escape");
  const told = judgeGreeting(context, await greeting(client), requirement);
  if (told !== undefined) context.check(requirement, told, { const: parity });
}

/** The plainest form of a query: what a server says here shows if it finds the parameter at all. */
const plainest = scenario({
  id: "version/parity-equal-higher-equal",
  title: `a client of version ${inputs.other} connects`,
  given: inputs.other,
  tests: ["version.greeting", "version.success", "version.current", "parity.query", "parity.minor"],
  async run(context) {
    const told = await toldParity(context, { query: queryOf(inputs.other) }, "parity.minor");
    if (told === undefined) return;
    context.check("parity.minor", told, { const: "minor_mismatch" });
    // It may lack a parity for some versions alone.
    const others = told === "unknown" ? [version, inputs.older, inputs.newest] : [];
    let found: string = told;
    for (const value of others) {
      const parity = await toldParity(context, { name: value, query: queryOf(value) }, "parity.query");
      if (parity === undefined) return;
      if (found === "unknown") found = parity;
    }
    context.check("parity.query", found, { title: "any parity but unknown", not: { const: "unknown" } });
  },
});

const missing = inputs.missing.map(({ name, query }) =>
  scenario({
    id: `version/missing-${name}`,
    title: `a client connects without ${PARAMETER}: ${query === "" ? "no query at all" : `?${query}`}`,
    given: query,
    tests: ["version.greeting", "version.success", "version.current", "parity.missing"],
    run: (context) => expectParity(context, { query }, "parity.missing", "unknown"),
  }),
);

const unparseable = [
  ...Object.entries(inputs.unparseable).map(([name, value]) => ({
    ...{ name, given: value, query: queryOf(value) },
    title: `a client whose version is ${JSON.stringify(value)} connects`,
  })),
  ...Object.entries(inputs.unparseableQueries).map(([name, query]) => ({
    ...{ name, given: query, query },
    title: `a client connects with ?${query}`,
  })),
].map(({ name, title, given, query }) =>
  scenario({
    id: `version/unparseable-${name}`,
    title,
    given,
    tests: ["version.greeting", "version.success", "version.current", "parity.unparseable"],
    run: (context) => expectParity(context, { query }, "parity.unparseable", "unknown"),
  }),
);

const queries = Object.entries(inputs.queries).map(([name, query]) =>
  scenario({
    id: `version/query-${name}`,
    title: `a client of version ${inputs.other} connects with ?${shortened(query)}`,
    given: query,
    tests: ["version.greeting", "version.success", "version.current", "parity.query"],
    run: (context) => expectParity(context, { query }, "parity.query", "minor_mismatch"),
  }),
);

const open = Object.entries(inputs.open).map(([name, query]) =>
  scenario({
    id: `version/open-${name}`,
    title: `a client connects with ?${query}`,
    given: query,
    tests: ["version.greeting", "version.success", "parity.prerelease"],
    async run({ connect, check, report }) {
      const greeted = await greeting(await connect({ query }));
      if (!check("version.greeting", greeted)) return;
      if (!check("version.success", greeted.status, { const: "success" })) return;
      report("parity.prerelease", `?${query}: ${show(said(greeted).versionParity)}`);
    },
  }),
);

const versions = inputs.combinations.map(({ value }) => value);

/** The cases of version parity, part of the section "Version: the greeting". */
export const parityCases = [
  plainest,
  ...parsed,
  ...missing,
  ...unparseable,
  ...queries,
  ...open,

  scenario({
    id: "version/missing-empty-query",
    title: `a client connects without ${PARAMETER}: a question mark with nothing behind it`,
    tests: ["version.greeting", "version.success", "version.current", "parity.missing"],
    run: (context) => expectParity(context, inputs.emptyQuery, "parity.missing", "unknown"),
  }),

  scenario({
    id: "version/query-beside-an-escape-of-no-utf-8",
    title: `a client of version ${inputs.other} connects with ?${inputs.besideNoUtf8}`,
    tests: ["version.greeting", "version.success", "version.current", "parity.query"],
    run: (context) => expectUnlessRefused(context, inputs.besideNoUtf8, "parity.query", "minor_mismatch"),
  }),

  scenario({
    id: "version/unparseable-nul-and-letter-behind",
    title: `a client connects with ?${inputs.nulBehind}`,
    tests: ["version.greeting", "version.success", "version.current", "parity.unparseable"],
    run: (context) => expectUnlessRefused(context, inputs.nulBehind, "parity.unparseable", "unknown"),
  }),

  scenario({
    id: "version/open-broken-escape",
    title: `a client connects with ?${PARAMETER}=%zz`,
    tests: ["parity.prerelease"],
    async run({ connect, report }) {
      const client = await connect({ query: `${PARAMETER}=%zz` });
      const greeted = await greeting(client);
      const came = isNothing(greeted) ? whyNothing(greeted).words : show(said(greeted).versionParity);
      report("parity.prerelease", `?${PARAMETER}=%zz: ${came}`);
    },
  }),

  scenario({
    id: "version/isolated",
    title: "clients of different versions connect at the same moment",
    tests: ["version.greeting", "version.success", "version.current", "parity.isolated"],
    async run(context) {
      const { connect, room } = context;
      for (const { value, greeted } of await greetedTogether(connect, room)) {
        const versionParity = judgeGreeting(context, greeted, "parity.isolated");
        if (versionParity === undefined) continue;
        const alone =
          versionParity === parityOf(value) ||
          said(await greeting(await connect({ query: queryOf(value) }))).versionParity;
        if (alone === versionParity)
          context.skip(
            "parity.isolated",
            `a client of version ${value} alone gets ${show(alone)} too: see ${REQUIREMENTS[parityOf(value)]}`,
          );
        else context.check("parity.isolated", versionParity, { const: parityOf(value) }, greeted);
      }
    },
  }),

  ...inputs.mismatches.map(({ name, query }) =>
    scenario({
      id: `version/usable-${name}`,
      title: `a client with ?${query} asks to be disconnected`,
      given: query,
      tests: ["version.greeting", "parity.usable"],
      async run({ connect, check }) {
        const client = await connect({ query });
        if (!check("version.greeting", await greeting(client))) return;
        client.send(disconnect);
        check("parity.usable", await disconnected(client));
      },
    }),
  ),
];

/** The greetings of clients of all versions: as many at the same moment as the target accepts, and two at least. */
async function greetedTogether(
  connect: Context["connect"],
  room: number,
): Promise<{ readonly value: string; readonly greeted: Message | Nothing }[]> {
  const groups = Math.ceil(versions.length / Math.max(2, room));
  const size = Math.ceil(versions.length / Math.max(1, groups));
  const all: { value: string; greeted: Message | Nothing }[] = [];
  for (let first = 0; first < versions.length; first += size) {
    const group = versions.slice(first, first + size);
    const clients = await Promise.all(group.map((value) => connect({ name: value, query: queryOf(value) })));
    const greetings = await Promise.all(clients.map(greeting));
    all.push(...group.map((value, i) => ({ value, greeted: greetings[i] as Message | Nothing })));
    if (group.length < versions.length) for (const client of clients) client.close(1000);
  }
  return all;
}

/** Connects and judges the parity in the greeting. */
async function expectParity<Id extends RequirementId>(
  context: Context<Id | Greeting>,
  options: ConnectOptions,
  requirement: Id,
  expected: string,
): Promise<void> {
  const versionParity = await toldParity(context, options, requirement);
  if (versionParity !== undefined) context.check(requirement, versionParity, { const: expected });
}

/** Connects, and resolves to the parity in the greeting; to `undefined` where that is too broken to judge it. */
async function toldParity<Id extends RequirementId>(
  context: Context<Id | Greeting>,
  options: ConnectOptions,
  requirement: Id,
): Promise<string | undefined> {
  return judgeGreeting(context, await greeting(await context.connect(options)), requirement);
}

type Greeting = "version.greeting" | "version.success" | "version.current";

/** The parity that a client is told, or `undefined` where its greeting is too broken to judge that. */
function judgeGreeting<Id extends RequirementId>(
  { check, skip }: Context<Id | Greeting>,
  greeted: Message | Nothing,
  requirement: Id,
): string | undefined {
  if (!check("version.greeting", greeted)) return undefined;
  if (!check("version.success", greeted.status, { const: "success" })) return undefined;
  const { tachyonVersion, versionParity } = said(greeted);
  if (tachyonVersion === undefined) return void skip("version.current", NO_VERSION);
  if (!check("version.current", tachyonVersion, { const: version })) return undefined;
  if (typeof versionParity === "string") return versionParity;
  skip(requirement, "the greeting says no versionParity: see message.schema");
  return undefined;
}

/** The data of a greeting, however broken it is. */
const said = (greeted: Message | Nothing): Message =>
  !isNothing(greeted) && isObject(greeted.data) ? greeted.data : {};
