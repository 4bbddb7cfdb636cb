import type { Requirement } from "../../harness/catalogue.ts";
import type { Section } from "../../harness/protocol.ts";
import type { Suite } from "../../harness/scenario.ts";

/** Returns the sections of a catalogue: the one that holds for every message, by its title, and those of suites with requirements of their own. */
export const sectionsOf = (
  title: string,
  suites: readonly Suite[],
  requirements: readonly Requirement[],
): readonly Section[] => [
  { name: "messages", title, everyMessage: true },
  ...suites.flatMap((it) =>
    requirements.some(({ section }) => section === it.name) ? [{ name: it.name, title: it.title }] : [],
  ),
];
