import type { Connection } from "../../harness/connection.ts";
import type { Context } from "../../harness/scenario.ts";
import { show } from "../../harness/words.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { answered, NO_101 } from "../websocket/heads.ts";
import { answerIn, type ClientProof, errorIn, type Metadata, post, refusedWith } from "./authorization.ts";
import { asking, byClient, comingWith, ENDPOINT, GRANT, issuing } from "./issuing.ts";

/** The cases of a client that looks where it can sign out, and does so with a token that it just got. */
export const revocationCases = [
  issuing(
    { id: "oauth/revocation-endpoint", title: "a client looks where it can sign out", tests: ["oauth.revocation"] },
    async ({ check }, { document }) => {
      check("oauth.revocation", document.revocation_endpoint ?? "none", {
        title: "a revocation_endpoint",
        ...ENDPOINT,
      });
    },
  ),

  byClient(
    { id: "oauth/revoke-unknown", title: "a client revokes what is no token", tests: ["oauth.revocation"] },
    async (context, metadata, client) => {
      const answer = await revoking(context, metadata, client, "oauth.revocation", "conformance-no-token");
      if (answer) context.check("oauth.revocation", answered(answer), { const: "HTTP 200" });
    },
  ),

  byClient(
    {
      id: "oauth/revoke",
      title: "a client revokes the token that it got, and comes with it all the same",
      tests: ["oauth.revoked"],
    },
    async (context, metadata, client) => {
      const answer = await asking(context, metadata, "oauth.revoked", GRANT, client);
      const { access_token: token } = answer ? answerIn(answer) : {};
      if (typeof token !== "string")
        return context.skip("oauth.revoked", "it got no token: see oauth.client-credentials");
      const revoked = await revoking(context, metadata, client, "oauth.revoked", token);
      if (!revoked || !context.check("oauth.revoked", answered(revoked), { const: "HTTP 200" })) return;
      const came = await comingWith(context, token);
      context.check("oauth.revoked", came, NO_101);
    },
  ),
];

/** A client that ends its session. That may use up the token which the user gave. */
export const signOutCases = [
  byClient(
    {
      id: "signout/revoke",
      title: "a client revokes its refresh token, and asks for a token by it all the same",
      tests: ["oauth.revocation"],
    },
    async (context, metadata, client) => {
      const { check, keys, unasked, ungiven } = context;
      if (keys.refresh === undefined)
        return ungiven("oauth.revocation", "a refresh token of the client", "--refresh-token");
      const refresh = (token: string) =>
        asking(context, metadata, "oauth.revocation", { grant_type: "refresh_token", refresh_token: token }, client);
      const first = await refresh(keys.refresh);
      if (!first) return;
      const { access_token: access, refresh_token: token = keys.refresh } = answerIn(first);
      if (access === undefined || typeof token !== "string")
        return unasked("oauth.revocation", `the refresh token is not taken: ${show(errorIn(first))}`);
      const revoked = await revoking(context, metadata, client, "oauth.revocation", token);
      if (!revoked || !check("oauth.revocation", answered(revoked), { const: "HTTP 200" })) return;
      const again = await refresh(token);
      if (again) check("oauth.revocation", errorIn(again), refusedWith([400], "invalid_grant"));
    },
  ),
];

/** Revokes a token; a server with its endpoint elsewhere, or without one, is not asked. */
async function revoking(
  context: Context<RequirementId>,
  metadata: Metadata,
  client: ClientProof,
  requirement: RequirementId,
  token: string,
): Promise<Connection | undefined> {
  const to = metadata.document.revocation_endpoint;
  const answer = await post(context, metadata, { name: "revocation", to, fields: { token }, client });
  if (typeof answer !== "string") return answer;
  context.unasked(requirement, to === undefined ? "there is no revocation_endpoint: see oauth.revocation" : answer);
  return undefined;
}
