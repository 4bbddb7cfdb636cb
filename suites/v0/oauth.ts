import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import { answered, answerTo, header } from "../websocket/heads.ts";
import { slug } from "../websocket/words.ts";
import { answerIn, errorIn, refusedWith, SCOPE } from "./authorization.ts";
import { asking, byClient, comingWith, ENDPOINT, GRANT, issuing } from "./issuing.ts";
import { revocationCases } from "./revocation.ts";

const metadataCases = [
  issuing(
    { id: "oauth/metadata", title: "a client asks for the metadata", tests: ["oauth.metadata", "oauth.pkce"] },
    async ({ check }, { origin, type, document }) => {
      check("oauth.metadata", type, { title: "application/json", type: "string", pattern: "^application/json\\b" });
      check("oauth.metadata", document.issuer ?? "none", { const: origin, title: `the issuer ${origin}` });
      check("oauth.metadata", origin, {
        title: "an origin of https:, or of this machine",
        type: "string",
        pattern: "^(https:|http://(localhost|127\\.|\\[::1\\]))",
      });
      check("oauth.metadata", document.token_endpoint ?? "none", { title: "a token_endpoint", ...ENDPOINT });
      check("oauth.metadata", document.response_types_supported ?? "none", {
        title: "response_types_supported, an array of texts",
        type: "array",
        items: { type: "string" },
      });
      check("oauth.pkce", document.authorization_endpoint ?? "none", {
        title: "an authorization_endpoint",
        ...ENDPOINT,
      });
      check("oauth.pkce", document.code_challenge_methods_supported ?? "none", {
        title: "code_challenge_methods_supported with S256",
        type: "array",
        contains: { const: "S256" },
      });
    },
  ),

  issuing(
    { id: "oauth/nobody", title: "nobody asks for a token", tests: ["oauth.errors"] },
    async (context, metadata) => {
      const answer = await asking(context, metadata, "oauth.errors", GRANT);
      const expected = refusedWith([400, 401], "invalid_client", "invalid_request", "unauthorized_client");
      if (answer) context.check("oauth.errors", errorIn(answer), expected);
    },
  ),
];

const ISSUED = {
  title: "HTTP 200, an access_token, and the token_type Bearer",
  type: "object",
  properties: {
    status: { const: "HTTP 200" },
    access_token: { const: "a token" },
    token_type: { type: "string", pattern: "^[Bb][Ee][Aa][Rr][Ee][Rr]$" },
  },
};

/** The access token in an answer, if it is judged to be one. */
function issuedIn({ check }: Context<RequirementId>, requirement: RequirementId, answer: Connection) {
  const { access_token: token, token_type = "none", error } = answerIn(answer);
  const told = typeof token === "string" && token !== "" ? "a token" : "none";
  const status = answered(answer);
  const observed = { status, access_token: told, token_type, ...(error !== undefined && { error }) };
  return check(requirement, isNothing(status) ? status : observed, ISSUED) ? String(token) : undefined;
}

const grants = [
  byClient(
    {
      id: "oauth/client-credentials",
      title: "a client asks for a token by its credentials, and connects with it",
      tests: ["oauth.client-credentials", "oauth.no-store"],
    },
    async (context, metadata, client) => {
      const answer = await asking(context, metadata, "oauth.client-credentials", GRANT, client);
      if (!answer) return;
      const token = issuedIn(context, "oauth.client-credentials", answer);
      if (token === undefined) return;
      const noStore = { title: "Cache-Control: no-store", type: "string", pattern: "\\bno-store\\b" };
      context.check("oauth.no-store", header(answer, "cache-control"), noStore, answerTo(answer));
      context.check("oauth.client-credentials", await comingWith(context, token), { const: "HTTP 101" });
    },
  ),

  byClient(
    { id: "oauth/wrong-secret", title: "a client has the wrong secret", tests: ["oauth.client-credentials"] },
    async (context, metadata, { secret, ...client }) => {
      const wrong = { ...client, secret: "conformance-wrong" };
      const answer = await asking(context, metadata, "oauth.client-credentials", GRANT, wrong);
      if (answer) context.check("oauth.client-credentials", errorIn(answer), refusedWith([400, 401], "invalid_client"));
    },
  ),

  ...Object.entries<readonly [fields: Readonly<Record<string, string>>, error: string]>({
    "by a grant that nobody defines": [{ grant_type: "conformance" }, "unsupported_grant_type"],
    "without a grant": [{ scope: SCOPE }, "invalid_request"],
    "by a code and without one": [{ grant_type: "authorization_code" }, "invalid_request"],
  }).map(([name, [fields, error]]) =>
    byClient(
      {
        id: `oauth/token-${slug(name)}`,
        title: `a client asks for a token ${name}`,
        given: fields,
        tests: ["oauth.errors"],
      },
      async (context, metadata, client) => {
        const answer = await asking(context, metadata, "oauth.errors", fields, client);
        // Not every server lets every client have every grant.
        const errors = fields.grant_type === "authorization_code" ? [error, ...NOT_FOR_IT] : [error];
        if (answer) context.check("oauth.errors", errorIn(answer), refusedWith([400], ...errors));
      },
    ),
  ),

  byClient(
    { id: "oauth/unknown-scope", title: "a client asks for a scope that nobody defines", tests: ["oauth.errors"] },
    async (context, metadata, client) => {
      const fields = { ...GRANT, scope: "conformance.unknown" };
      const answer = await asking(context, metadata, "oauth.errors", fields, client);
      if (!answer) return;
      // A server may leave it out, and then says what is left (RFC 6749, 3.3).
      const { scope, access_token: token } = answerIn(answer);
      const isLess = token !== undefined && typeof scope === "string" && !scope.split(" ").includes(fields.scope);
      if (isLess) context.check("oauth.errors", scope);
      else context.check("oauth.errors", errorIn(answer), refusedWith([400], "invalid_scope"));
    },
  ),
];

const NOT_FOR_IT = ["unauthorized_client", "unsupported_grant_type", "invalid_grant"];

/** The cases of the section "OAuth2". They are judged only where the server under test issues the tokens itself. */
export const oauthCases = [...metadataCases, ...grants, ...revocationCases];
