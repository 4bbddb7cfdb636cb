import { useState } from "preact/hooks";
import { isFinding } from "../../harness/catalogue.ts";
import { worstFirst } from "../findings.ts";
import { commandExplain, commandFor } from "../shell-commands.ts";
import { Background } from "./background.tsx";
import type { PageCase, PageCheck, PageData, PageRequirement } from "./data.ts";
import { CommandLine, Difference, hashOf, LevelTag, Marks, NotJudged, Prose, RowLink, VerdictTag } from "./parts.tsx";
import { Connections, Legend } from "./timeline.tsx";
import { counted, marks } from "./words.ts";

/** Characters of a text that are shown where one looks for all of it. */
const FULL = 4_000;

/** The data that a case or requirement needs beside itself. */
interface Surroundings {
  readonly data: PageData;
  readonly requirements: ReadonlyMap<string, PageRequirement>;
}

interface CaseProps extends Surroundings {
  readonly it: PageCase;
  readonly hidden: boolean;
}

/** A case: a row that opens to what was checked and what went over the wire. */
export function CaseRow({ it, hidden, ...around }: CaseProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="row case" id={it.id} hidden={hidden} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <VerdictTag of={it.verdict} /> <span class="mono id">{it.id}</span> <span class="says-what">{it.title}</span>{" "}
        <Marks of={it} />
      </summary>
      {open && <CaseBody it={it} {...around} />}
    </details>
  );
}

function CaseBody({ it, data, requirements }: Surroundings & { readonly it: PageCase }) {
  const [notable, kept] = [it.checks.filter(isNotable), it.checks.filter((check) => !isNotable(check))];
  return (
    <div class="body">
      <p class="lead">
        {data.recording ? "Recording" : "Case"}: <strong>{it.title}</strong>. It took {it.durationMs.toFixed(1)} ms.{" "}
        <a href={hashOf(it.id)}>Link to this case</a>
      </p>
      {marks(it).map(([word, meaning]) => (
        <p class="callout" key={word}>
          <strong>{word}</strong> {meaning}
        </p>
      ))}
      {worstFirst(notable).map((check, i) => (
        <Check check={check} requirement={requirements.get(check.requirement)} data={data} key={i} />
      ))}
      {kept.length > 0 && <Kept checks={kept} requirements={requirements} />}
      <p class="label">{data.recording ? "Judge the recording again" : "Run it alone"}</p>
      <CommandLine text={commandFor(data, it.id)} />
      <p class="label">What went over the wire</p>
      {it.connections.length > 0 ? (
        <Legend recorded={data.recording !== undefined} />
      ) : (
        <p class="note">Nothing: there was no connection.</p>
      )}
      <Connections of={it} />
    </div>
  );
}

const isNotable = ({ verdict }: PageCheck) => verdict !== "pass";

interface CheckProps {
  readonly check: PageCheck;
  readonly requirement: PageRequirement | undefined;
}

/** A check that is more than kept, in full. */
function Check({ check, requirement, data }: CheckProps & Pick<Surroundings, "data">) {
  return (
    <div class={`check edge ${check.verdict}`}>
      <p>
        <VerdictTag of={check.verdict} /> <RowLink id={check.requirement} />{" "}
        {requirement && <LevelTag of={requirement.level} />}
      </p>
      {check.verdict === "skip" ? (
        <p class="remark">
          <NotJudged {...check} />
        </p>
      ) : check.verdict === "info" ? (
        <p class="remark">{check.actual}</p>
      ) : (
        <Difference expected={check.expected} statement={requirement?.statement} actual={check.actual} most={FULL} />
      )}
      {isFinding(check) && requirement && (
        <Background of={requirement} cause={check.cause} explain={commandExplain(data, check.requirement)} />
      )}
      {check.expectedFailure !== undefined && <p class="callout">Expected to fail: {check.expectedFailure}</p>}
    </div>
  );
}

/** The checks that were kept, in one table that opens. */
function Kept({
  checks,
  requirements,
}: { readonly checks: readonly PageCheck[] } & Pick<Surroundings, "requirements">) {
  return (
    <details class="kept">
      <summary>{counted(checks.length, "check")} kept</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Requirement</th>
            <th scope="col">Level</th>
            <th scope="col">Expected</th>
            <th scope="col">Came</th>
          </tr>
        </thead>
        <tbody>
          {checks.map(({ requirement, expected, actual }, i) => (
            <tr key={i}>
              <td>
                <RowLink id={requirement} />
              </td>
              <td>{requirements.get(requirement)?.level}</td>
              <td>{expected ?? <Prose text={requirements.get(requirement)?.statement ?? ""} />}</td>
              <td class="mono">{actual}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
