import { highest } from "../behaviour.ts";
import { authorizationFaults } from "./authorization.ts";
import type { Faults, ReferenceFault } from "./fault.ts";

/** A change of which subprotocol is selected. */
const selecting =
  (select: (offered: readonly string[]) => string | undefined): ReferenceFault["change"] =>
  () => ({ select, serves: (offered) => select(offered) !== undefined });

/** Faults of the section "Handshake, authorization, version". */
export const connectionFaults: Faults = {
  ...authorizationFaults,
  "selects-nothing": {
    says: "Names no subprotocol in its 101.",
    breaks: "version.selected",
    change: () => ({ select: () => undefined }),
  },
  "looks-at-the-first-offer": {
    says: "Looks only at the first subprotocol that a client offers.",
    breaks: "version.list",
    change: selecting(([first = ""]) => highest([first])),
  },
  "looks-at-the-last-offer": {
    says: "Looks only at the last subprotocol that a client offers.",
    breaks: "version.list",
    change: selecting((offered) => highest(offered.slice(-1))),
  },
  "takes-any-major": {
    says: "Selects a subprotocol of another major version.",
    breaks: "version.unsupported",
    change: selecting((offered) => highest(offered) ?? offered.find((it) => /^v[1-9].*\.tachyon$/.test(it))),
  },
  "takes-major-1": {
    says: "Selects a subprotocol of major version 1.",
    breaks: "version.unsupported",
    change: selecting((offered) => highest(offered) ?? offered.find((it) => it === "v1.tachyon")),
  },
  "needs-no-offer": {
    says: "Serves a client that offers no subprotocol.",
    breaks: "version.missing",
    change: ({ serves }) => ({ serves: (offered) => offered.length === 0 || serves(offered) }),
  },
  "refuses-higher-minors": {
    says: "Refuses a client that offers only a higher minor.",
    breaks: "version.higher-minor",
    change: selecting((offered) =>
      offered.length === 1 && /^v0\.[1-9]/.test(offered[0] ?? "") ? undefined : highest(offered),
    ),
  },
  "knows-minors-of-one-digit": {
    says: "Does not know minors of more than one digit.",
    breaks: "version.higher-minor",
    change: selecting((offered) => highest(offered.filter((it) => !/^v0\.\d\d/.test(it)))),
  },
  "knows-no-minor-zero": {
    says: "Refuses a client that offers v0.0.tachyon.",
    breaks: "version.minor-zero",
    change: selecting((offered) => highest(offered.filter((it) => it !== "v0.0.tachyon"))),
  },
  "prefers-low-minors": {
    says: "Selects a lower minor where a client offers several.",
    breaks: "version.highest",
    change: selecting((offered) => {
      const best = highest(offered);
      return offered.find((it) => highest([it]) !== undefined && it !== best) ?? best;
    }),
  },
  "compares-minors-as-texts": {
    says: "Takes minor 9 for higher than 10.",
    breaks: "version.highest",
    change: selecting((offered) =>
      offered
        .filter((it) => highest([it]))
        .toSorted()
        .at(-1),
    ),
  },
  "matches-versions-loosely": {
    says: "Selects what only looks like version 0.",
    breaks: "version.near-miss",
    change: selecting((offered) => highest(offered) ?? offered.find((it) => /^x?v?0+\.?tachyon$/.test(it))),
  },
  "ignores-the-case-of-versions": {
    says: "Selects V0.tachyon.",
    breaks: "version.near-miss",
    change: selecting((offered) => highest(offered) ?? offered.find((it) => it === "V0.tachyon")),
  },
  "reads-any-minor": {
    says: "Selects a minor that is no number, or begins with a zero.",
    breaks: "version.near-miss",
    change: selecting((offered) => highest(offered) ?? offered.find((it) => /^v0\.\w+\.tachyon$/.test(it))),
  },
  "reads-versions-by-their-parts": {
    says: "Selects a subprotocol with a negative major, or with more behind the version.",
    breaks: "version.near-miss",
    change: selecting((offered) => highest(offered) ?? offered.find((it) => /^v-1\.tachyon$|^v0\.tachyon\./.test(it))),
  },
  "leaves-browsers-hanging": {
    says: "Does not answer a GET that asks for no WebSocket.",
    breaks: "path.http",
    change: ({ http }) => ({ http: (request, response) => void (request.method === "GET" || http(request, response)) }),
  },
};
