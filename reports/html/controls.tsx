import type { Level, Verdict } from "../../harness/catalogue.ts";
import { type Filter, isIdle, NOTHING_HIDDEN, toggled } from "./filter.ts";
import { SIGNS } from "./words.ts";

/** The choices of a reader: verdicts with the number of their cases, levels, and suites. */
interface Choices {
  readonly verdicts: readonly (readonly [Verdict, number])[];
  readonly levels: readonly Level[];
  readonly suites: readonly string[];
}

interface ControlsProps {
  readonly choices: Choices;
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  /** In words. */
  readonly shown: string;
}

/** The search box and the filters. */
export function Controls({ choices, filter, onFilter, shown }: ControlsProps) {
  const toggle = <Name extends "verdicts" | "levels" | "suites">(name: Name, value: Filter[Name][number]) =>
    onFilter({ ...filter, [name]: toggled<string>(filter[name], value) });
  return (
    <search class="controls" aria-label="Requirements and cases">
      <label class="search">
        <span class="unseen">Search requirements and cases</span>
        <input
          type="search"
          placeholder="Search requirements and cases"
          value={filter.text}
          onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
        />
      </label>
      <p class="shown">
        <output aria-live="polite">{shown}</output>{" "}
        <button type="button" disabled={isIdle(filter)} onClick={() => onFilter(NOTHING_HIDDEN)}>
          Clear filters
        </button>
      </p>
      <Verdicts values={choices.verdicts} chosen={filter.verdicts} onToggle={(it) => toggle("verdicts", it)} />
      <Chips name="Level" values={choices.levels} chosen={filter.levels} onToggle={(it) => toggle("levels", it)} />
      <Chips name="Suite" values={choices.suites} chosen={filter.suites} onToggle={(it) => toggle("suites", it)} />
    </search>
  );
}

interface VerdictsProps {
  readonly values: Choices["verdicts"];
  readonly chosen: readonly Verdict[];
  readonly onToggle: (value: Verdict) => void;
}

const Verdicts = ({ values, chosen, onToggle }: VerdictsProps) => (
  <fieldset>
    <legend>Verdict</legend>
    {values.map(([verdict, n]) => (
      <label class={`chip ${verdict}`} key={verdict}>
        <input type="checkbox" checked={chosen.includes(verdict)} onChange={() => onToggle(verdict)} />
        <span class="sign" aria-hidden="true">
          {SIGNS[verdict]}
        </span>{" "}
        {verdict} {n > 0 && <span class="n">{n}</span>}
      </label>
    ))}
  </fieldset>
);

interface ChipsProps<T extends string> {
  readonly name: string;
  readonly values: readonly T[];
  readonly chosen: readonly T[];
  readonly onToggle: (value: T) => void;
}

const Chips = <T extends string>({ name, values, chosen, onToggle }: ChipsProps<T>) => (
  <fieldset>
    <legend>{name}</legend>
    {values.map((value) => (
      <label class="chip" key={value}>
        <input type="checkbox" checked={chosen.includes(value)} onChange={() => onToggle(value)} /> {value}
      </label>
    ))}
  </fieldset>
);
