import { groupBy } from "../harness/group.ts";
import { plural } from "../harness/words.ts";
import type { Report, ReportClients, ReportMistake, ReportMistakePlace } from "./report.ts";

/** The parts of a report that tell of its clients. */
type WithClients = Pick<Report, "recording"> & { readonly target: Pick<Report["target"], "failOnClientMistakes"> };

/** Tells if clients made mistakes, and the user wants that to fail the run. */
export const failsForClients = ({ target, recording }: WithClients): boolean =>
  target.failOnClientMistakes === true && recording?.clients !== undefined;

/** Says how much of what clients sent is wrong, and if that decides anything. */
export function clientsInWords({ target, recording }: WithClients): readonly string[] {
  if (!recording?.clients) return [];
  const { messages, wrong, unanswered = 0 } = recording.clients;
  const are = wrong === 1 ? "is" : "are";
  const all = [
    ...(wrong > 0 ? [`${wrong} of ${plural(messages, "message")} ${are} wrong`] : []),
    ...(unanswered > 0 ? [`a request of the server has no response on ${plural(unanswered, "connection")}`] : []),
  ];
  const decides = target.failOnClientMistakes ? "fails the run, since you asked for it" : "decides no verdict";
  return [`${all.join("; ")}. That ${decides}`];
}

/** Returns the kinds of mistakes that are told, of so many at most, and how many more there are. */
export const mistakesOf = ({ mistakes }: ReportClients, most: number): [readonly ReportMistake[], more: number] => [
  mistakes.slice(0, most),
  Math.max(0, mistakes.length - most),
];

/** The name of the connection of a mistake: its own, and its case where that has another number. */
const connectionOf = ({ connection, case: id }: ReportMistakePlace): string =>
  `connection ${connection}${id === `check/${connection}` ? "" : ` (${id})`}`;

/** Says where a mistake is, at so many places at most: `connection 2, messages 1, 4`. */
export function placesOf({ places = [], messages }: ReportMistake, most = Number.POSITIVE_INFINITY): string {
  const told = places.slice(0, most);
  const words = [...groupBy(told, connectionOf)].map(
    ([name, some]) => `${name}, message${some.length > 1 ? "s" : ""} ${some.map((it) => it.message).join(", ")}`,
  );
  return `${words.join("; ")}${told.length > 0 && messages > told.length ? ` and ${messages - told.length} more` : ""}`;
}

/** A mistake on one line: where it is, in which message, and what it is. */
export function mistakeInWords(mistake: ReportMistake, most?: number): string {
  const { says, of, messages, places = [] } = mistake;
  const where = placesOf(mistake, most);
  const words = [...(where === "" ? [] : [where]), ...(of === undefined ? [] : [of])].join(", ");
  const times = places.length === 0 && messages > 1 ? ` (${messages} times)` : "";
  return `${words === "" ? "" : `${words}: `}${says}${times}`;
}
