import type { Suite } from "../../harness/scenario.ts";
import type { Schemas } from "../../schemas/v0/schema.ts";
import { resilienceCases } from "../websocket/resilience.ts";
import { transportCases } from "../websocket/transport.ts";
import { connectionCases } from "./connection.ts";
import { dialect } from "./dialect.ts";
import { keepaliveCases } from "./keepalive.ts";
import { malformedMessageCases } from "./malformed.ts";
import { oauthCases } from "./oauth.ts";
import { requestCases } from "./requests.ts";
import { signOutCases } from "./revocation.ts";
import { sessionCases } from "./sessions.ts";
import { socialCases } from "./social.ts";
import { invalidCases, validCases } from "./sweep.ts";
import { sweepsOf } from "./sweep-inputs.ts";

/** The suites of this version. Those that are made from schemas follow them, and test requirements of the section "Requests". */
export const suitesOf = (schemas: Schemas): readonly Suite[] => {
  const sweeps = sweepsOf(schemas);
  return [
    { name: "connection", title: "Handshake, authorization, version", cases: connectionCases },
    { name: "oauth", title: "OAuth2", cases: oauthCases },
    { name: "requests", title: "Requests and errors", cases: requestCases },
    { name: "sessions", title: "Sessions, system, user", cases: sessionCases },
    {
      name: "invalid",
      title: "Invalid requests of every command",
      upsets: true,
      swept: true,
      cases: invalidCases(sweeps),
    },
    { name: "malformed", title: "Malformed messages", upsets: true, cases: malformedMessageCases },
    { name: "transport", title: "WebSocket transport", upsets: true, cases: transportCases(dialect) },
    { name: "signout", title: "Sign-out", load: true, cases: signOutCases },
    { name: "social", title: "Messages and friends", load: true, cases: socialCases },
    {
      name: "valid",
      title: "Valid requests of every command",
      upsets: true,
      load: true,
      swept: true,
      cases: validCases(sweeps),
    },
    { name: "keepalive", title: "Keep-alive", load: true, cases: keepaliveCases },
    { name: "resilience", title: "Resilience", upsets: true, load: true, cases: resilienceCases(dialect) },
  ];
};
