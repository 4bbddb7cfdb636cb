import type { CaseResult } from "../../harness/execute.ts";
import type { Transcript, WireEvent } from "../../harness/transcript.ts";

export const sends = (at: number, data = "x", type: "text" | "upgrade" | "violation" = "text"): WireEvent => ({
  at,
  from: "client",
  type,
  data,
});
export const hears = (at: number): WireEvent => ({ at, from: "server", type: "text", data: "heard" });
export const line = (who: "client" | "bystander", ...events: WireEvent[]): Transcript => ({
  url: "",
  ...(who === "client" && { acts: true }),
  events,
});

export const result = (beganAt: number, ...connections: Transcript[]): CaseResult => ({
  case: { id: `began-at-${beganAt}`, suite: "s", title: "", tests: [], digest: "", run: async () => {} },
  verdict: "pass",
  checks: [],
  connections,
  beganAt,
  durationMs: 0,
});
