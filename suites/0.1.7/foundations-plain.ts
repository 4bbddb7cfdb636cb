import type { Foundation } from "../../harness/foundation.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { FRAGMENTS_APART, REQUESTS, SEGMENTS, TWO_FRAGMENTS, TWO_IN_ONE } from "./foundations-cases.ts";

type Ids = readonly RequirementId[];

/** The requirements that must be kept to have a connection. */
export const CONNECTION: Ids = ["transport.handshake", "transport.subprotocol", "transport.extensions"];

/** The requirements that must be kept for a client to get its own answer where there are others. */
const KEPT_APART: Ids = ["disconnect.no-login", "disconnect.isolated"];

/** The requirements that must be kept for a request in any form to be answered where there are others. */
export const REQUESTS_APART: Ids = [...REQUESTS, "disconnect.isolated"];

/** The cases that show a requirement in its plainest form, and the requirements that these rest on. */
export const plain = {
  "transport.handshake": { plain: ["transport/handshake-as-any-client-does"], on: [] },
  "transport.subprotocol": { plain: ["transport/subprotocol-none"], on: ["transport.handshake"] },
  "transport.extensions": { plain: ["transport/extensions-none"], on: ["transport.handshake"] },
  "message.json": { plain: ["version/greeting"], on: CONNECTION },
  "message.known": { plain: ["version/greeting"], on: [...CONNECTION, "message.json", "disconnect.request-only"] },
  "message.schema": { plain: ["version/greeting"], on: [...CONNECTION, "message.json"] },
  "version.greeting": { plain: ["version/greeting"], on: [...CONNECTION, "message.json"] },
  "version.no-login": { plain: ["version/greeting", "version/no-login"], on: ["version.greeting"] },
  "version.success": { plain: ["version/greeting"], on: ["version.greeting", "version.no-login"] },
  "version.current": { plain: ["version/greeting"], on: ["version.success"] },
  // It compares what a client is told beside others with what it is told alone.
  "parity.isolated": { plain: ["version/isolated"], on: ["version.success", "version.current"] },
  "parity.query": { plain: ["version/parity-equal-higher-equal"], on: ["version.success", "parity.isolated"] },
  "parity.match": {
    plain: ["version/parity-equal-equal-equal"],
    on: ["version.success", "version.current", "parity.isolated", "parity.query"],
  },
  "parity.minor": {
    plain: ["version/parity-equal-higher-equal"],
    on: ["version.success", "parity.isolated", "parity.query"],
  },
  "parity.usable": {
    plain: ["version/usable-equal-higher-equal"],
    on: ["version.greeting", "disconnect.answered", "disconnect.no-login"],
  },
  "disconnect.answered": { plain: ["disconnect/alone"], on: ["version.success"] },
  "disconnect.request-only": { plain: ["disconnect/alone"], on: CONNECTION },
  "disconnect.closes": { plain: ["disconnect/alone"], on: [...CONNECTION, "disconnect.answered"] },
  "disconnect.last": { plain: ["disconnect/alone"], on: ["disconnect.answered"] },
  "disconnect.success": { plain: ["disconnect/alone"], on: ["disconnect.answered", "version.no-login"] },
  "disconnect.no-login": {
    plain: ["disconnect/alone", "disconnect/at-once"],
    on: ["disconnect.success", "version.no-login"],
  },
  "disconnect.extra-properties": { plain: ["disconnect/extra-a-number"], on: KEPT_APART },
  "disconnect.encoding": { plain: ["disconnect/spelled-one-escaped-letter"], on: KEPT_APART },
  "disconnect.isolated": { plain: ["disconnect/isolated"], on: ["disconnect.no-login"] },
  "disconnect.reconnect": { plain: ["disconnect/reconnect"], on: ["version.success", "disconnect.no-login"] },
  "transport.fragmentation": {
    plain: [TWO_FRAGMENTS, FRAGMENTS_APART],
    on: [...KEPT_APART, ...SEGMENTS, TWO_FRAGMENTS],
  },
  "transport.segmentation": { plain: [...SEGMENTS, TWO_IN_ONE], on: ["disconnect.no-login"] },
  "malformed.rejected": { plain: ["malformed/not-json-word"], on: REQUESTS, upset: true },
  "malformed.usable": {
    plain: ["malformed/not-json-word"],
    on: ["disconnect.answered", "disconnect.no-login", TWO_IN_ONE],
    upset: true,
  },
} as const satisfies Readonly<Partial<Record<RequirementId, Foundation>>>;
