import type { WireEvent } from "../harness/transcript.ts";
import type { Report } from "../reports/report.ts";
import { gap, orGap, type Sink } from "./recorded.ts";

/** The connections of a report of the suite. A cut in it is a gap. */
export function stored({ cases }: Report, sink: Sink): void {
  for (const { id, connections } of cases)
    for (const [i, { url, events }] of connections.entries()) {
      const connection = connections.length === 1 ? id : `${id} ${i + 1} of ${connections.length}`;
      for (const event of events.flatMap(withGaps)) sink({ connection, url, event });
    }
}

/** An event of a report, and the gaps that it stands for. */
function withGaps(event: WireEvent): readonly WireEvent[] {
  const { at } = event;
  if (event.type === "cut") return [gap("client", at, event.data), gap("server", at, event.data)];
  const length = "data" in event ? CUT.exec(event.data.slice(-50))?.[1] : undefined;
  return orGap(event, event.length ?? (length === undefined ? undefined : Number(length)));
}

/** The end of a text that is cut. A report of version 0.5 or older says so in no other way. */
const CUT = /… \[cut: (\d+) characters in all\]$/;
