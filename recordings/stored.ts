import type { Report } from "../reports/report.ts";
import { type Sink, uncut } from "./recorded.ts";

/** The connections of a report of the suite. What was cut in it is a gap. */
export function stored({ cases }: Report, sink: Sink): void {
  for (const { id, connections } of cases)
    for (const [i, { url, events }] of connections.entries()) {
      const connection = connections.length === 1 ? id : `${id} ${i + 1} of ${connections.length}`;
      for (const event of events.flatMap(uncut)) sink({ connection, url, event });
    }
}
