import { visible } from "../escape.ts";
import { page, readAssets } from "../html/page.tsx";
import { LevelTag, VerdictTag } from "../html/parts.tsx";
import type { Cell, Column, Matrix } from "./matrix.ts";

/** Server versions × requirements as one page, which a project can show its users. */
export async function matrixHtml(matrix: Matrix): Promise<string> {
  const { style } = await readAssets();
  return page({ title: "Conformance by server version", style, body: <Body {...matrix} /> });
}

const Body = ({ columns, rows }: Matrix) => (
  <>
    <header class="summary">
      <div class="inner">
        <h1>Conformance by server version</h1>
        <p class="sentence">Which version of the server keeps which requirement of the protocol.</p>
        <Versions columns={columns} />
      </div>
    </header>
    <main>
      <h2>Requirements</h2>
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">Requirement</th>
            <th scope="col">Level</th>
            {columns.map(({ name }) => (
              <th scope="col" key={name}>
                {visible(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <RequirementRow key={row.id} row={row} columns={columns} />
          ))}
        </tbody>
      </table>
    </main>
  </>
);

const RequirementRow = ({
  row,
  columns,
}: {
  readonly row: Matrix["rows"][number];
  readonly columns: readonly Column[];
}) => (
  <tr>
    <th scope="row" class="mono">
      {visible(row.id)}
    </th>
    <td>
      <LevelTag of={row.level} />
    </td>
    {row.cells.map((cell, i) => (
      <td key={columns[i]?.name}>
        <CellWords cell={cell} />
      </td>
    ))}
  </tr>
);

const Versions = ({ columns }: { readonly columns: readonly Column[] }) => (
  <table>
    <thead>
      <tr>
        {["Version", "Result", "Requirements", "Protocol", "Suite", "Tested"].map((word) => (
          <th scope="col" key={word}>
            {word}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {columns.map(({ name, verdict, countsInWords, protocol, suite, startedAt }) => (
        <tr key={name}>
          <th scope="row">{visible(name)}</th>
          <td>
            <VerdictTag of={verdict} />
          </td>
          <td>{countsInWords}</td>
          <td>{visible(protocol)}</td>
          <td>{visible(suite)}</td>
          <td>{visible(startedAt.slice(0, 10))}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

function CellWords({ cell }: { readonly cell: Cell | undefined }) {
  if (!cell?.tested) return <span class="note">{cell ? "not tested" : "unknown"}</span>;
  return (
    <>
      <VerdictTag of={cell.verdict} />
      {cell.expected && <span class="note"> expected</span>}
    </>
  );
}
