import { randomUUID } from "node:crypto";
import type { Connection } from "../../../harness/connection.ts";
import type { Nothing } from "../../../harness/nothing.ts";
import { scenarios } from "../../../harness/scenario.ts";
import type { Message } from "../../../harness/transcript.ts";
import type { AutohostRequirementId } from "../../../schemas/v0/autohost-requirements.ts";
import { call, request } from "../dialect.ts";

/** Makes a case of an autohost; requirements that its catalogue lacks do not compile. */
export const autohostCase = scenarios<AutohostRequirementId>();

/** A request that an autohost takes at any moment: it says from when on the server wants to know of battles. */
export const SUBSCRIBE = "autohost/subscribeUpdates";

/** A time in the future: no battle has anything to tell that came later. */
const SINCE = Date.UTC(2050) * 1_000;

/** The data of a subscription to updates. */
export const SUBSCRIPTION = { since: SINCE } as const;

/** A request to tell of battles. */
export const subscribe = (id: string) => request(SUBSCRIBE, id, SUBSCRIPTION);

/** Sends a request that is answered last, and waits for the answer: an answer that has not come by then was not sent at once. */
export const afterAll = (client: Connection): Promise<Message | Nothing> =>
  call(client, SUBSCRIBE, `after ${randomUUID().slice(0, 8)}`, SUBSCRIPTION);
