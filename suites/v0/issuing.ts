import type { Connection } from "../../harness/connection.ts";
import type { Nothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { answered } from "../websocket/heads.ts";
import { ACTING } from "../websocket/survival.ts";
import { authorizing, type ClientProof, clientFor, type Metadata, metadataOf, post, SCOPE } from "./authorization.ts";
import { scenario } from "./protocol.ts";

/** The usual request of a client for a token. */
export const GRANT = { grant_type: "client_credentials", scope: SCOPE };

/** Plays a case of a server that issues tokens. A `ClientPlay` needs a client, by `--client`. */
type Play = (context: Context<RequirementId>, metadata: Metadata) => Promise<void>;
type ClientPlay = (context: Context<RequirementId>, metadata: Metadata, client: ClientProof) => Promise<void>;

interface Told {
  readonly id: string;
  readonly title: string;
  readonly tests: readonly RequirementId[];
  readonly given?: unknown;
}

/** Makes a case that is judged only where there is metadata. */
export const issuing = ({ tests, ...told }: Told, play: Play) =>
  scenario({
    ...told,
    tests,
    async run(context: Context<RequirementId>) {
      const metadata = await metadataOf(context);
      if (typeof metadata !== "string") return play(context, metadata);
      for (const id of tests) context.unasked(id, metadata);
    },
  });

/** Makes a case that is judged only where the user gave a client, too. */
export const byClient = (told: Told, play: ClientPlay) =>
  issuing(told, async (context, metadata) => {
    const { client } = context.keys;
    if (client) return play(context, metadata, clientFor(metadata, client));
    for (const id of told.tests) context.ungiven(id, "a client of OAuth2", "--client");
  });

/** Asks for a token, and judges by it; a server with its endpoint elsewhere is not asked. */
export async function asking(
  context: Context<RequirementId>,
  metadata: Metadata,
  requirement: RequirementId,
  fields: Readonly<Record<string, string>>,
  client?: ClientProof,
): Promise<Connection | undefined> {
  const to = metadata.document.token_endpoint;
  const answer = await post(context, metadata, { name: "token", to, fields, client });
  if (typeof answer !== "string") return answer;
  context.unasked(requirement, answer);
  return undefined;
}

/** Tells what becomes of a client that comes with a token; nothing if nobody answers. */
export async function comingWith({ connect }: Context<RequirementId>, token: string): Promise<string | Nothing> {
  const ask = authorizing(() => `Bearer ${token}`);
  return answered(await connect({ ...ACTING, anonymous: true, handshake: { ask } }));
}

/** The schema of an endpoint. */
export const ENDPOINT = { type: "string", pattern: "^https?://" };
