import type { Protocol } from "../../harness/protocol.ts";
import type { Report } from "../report.ts";
import { meaning, shownVerdict } from "../verdict.ts";
import { ClientMistakes } from "./clients.tsx";
import { pageData } from "./data.ts";
import { Explorer } from "./explorer.tsx";
import { Notes } from "./notes.tsx";
import { pack } from "./packed.ts";
import { page, readAssets } from "./page.tsx";
import { Facts, Summary } from "./summary.tsx";
import { Actor } from "./timeline.tsx";
import { Wrong } from "./wrong.tsx";

/** The report as one page. */
export async function html(report: Report, protocol: Protocol): Promise<string> {
  const data = pageData(report, protocol, await protocol.faults());
  const body = (
    <Actor.Provider value={data.protocol.actor}>
      <Summary data={data} />
      <main>
        <Wrong data={data} />
        <ClientMistakes data={data} />
        <Notes data={data} />
        <WithoutScript />
        <div id="explorer">
          <Explorer data={data} />
        </div>
        <Facts data={data} />
      </main>
      <footer>
        <p>
          Made by {data.suite.name} {data.suite.version}. report.json holds everything on this page.
        </p>
      </footer>
    </Actor.Provider>
  );
  const title = `${shownVerdict(data).toUpperCase()} · ${meaning(data).headline} · ${data.target.url}`;
  return page({ title, body, data: pack(data), ...(await readAssets()) });
}

/** A note that stands here until the script runs. A `noscript` would be silent where a policy of the host blocks scripts. */
const WithoutScript = () => (
  <p class="still callout">
    Without JavaScript this page shows the summary only: rows do not open to what was checked and sent, which stands
    also in report.json.
  </p>
);
