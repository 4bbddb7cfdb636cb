import { test } from "@jest/globals";
import { brokenBy, byDefault, runAgainst } from "../helpers.ts";
import { misjudged } from "../servers/misjudged/index.ts";

test("debug", async () => {
  const row = misjudged[process.env.NAME ?? ""];
  if (!row) throw new Error(Object.keys(misjudged).join("\n"));
  const server = await row.start();
  const run = await runAgainst(server.url, byDefault, {
    target: { url: new URL(server.url), headers: row.headers ?? {} },
    ...row.options,
  });
  const out = [
    brokenBy(run).join(" ") +
      " " +
      run.durationMs +
      " stop " +
      run.stop?.words +
      JSON.stringify(run.stalls) +
      JSON.stringify(run.unexplained),
  ];
  for (const it of run.results
    .filter(({ verdict, unstable }) => verdict === "fail" || verdict === "warn" || verdict === "error" || unstable)
    .slice(0, 12)) {
    out.push(
      [
        it.case.id,
        it.verdict,
        it.unstable ? "unstable" : "",
        it.unconfirmed ? "unconfirmed" : "",
        it.beganAt.toFixed(0),
      ].join(" "),
    );
    for (const c of it.checks.filter(({ verdict }) => !["pass", "info"].includes(verdict)))
      out.push(`   ${c.requirement} ${c.verdict} ${c.actual.slice(0, 150)} ${JSON.stringify(c.silence ?? {})}`);
    if (it.verdict !== "pass")
      for (const c of it.connections)
        out.push(
          `      ${c.name ?? ""} ${c.events.map((e) => `${e.at.toFixed(0)}${e.from === "client" ? ">" : "<"}${e.type}${"what" in e ? `:${e.what}` : ""}`).join(" ")}`,
        );
  }
  process.stderr.write(`${out.join("\n")}\n`);
  await server.close();
}, 120_000);
