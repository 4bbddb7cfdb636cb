import { readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { reason, UsageError } from "../../harness/usage.ts";
import { NoReport, readReport } from "../read.ts";
import { exists } from "../write.ts";
import { type Column, column } from "./matrix.ts";

/**
 * The columns of a folder of reports: its `.json` files, and its folders that hold a `report.json`, each under its own name. One
 * report is read after another, so that many need no more memory than one. A `.json` file that is something else is left out, and
 * `onForeign` told why. Throws a `UsageError`.
 */
export async function readFolder(folder: string, onForeign: (file: string, why: string) => void): Promise<Column[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw new UsageError(`Cannot read ${folder}: ${reason(error)}. Name a folder of reports, or two reports.`);
  });
  const columns: Column[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && (await exists(join(path, "report.json"))))
      columns.push(column(entry.name, await readReport(path)));
    else if (entry.name.endsWith(".json")) {
      const report = await readReport(path).catch((error) => {
        if (!(error instanceof NoReport)) throw error;
        onForeign(path, error.why);
      });
      if (report) columns.push(column(parse(entry.name).name, report));
    }
  }
  if (columns.length > 0) return columns;
  throw new UsageError(
    `${folder} holds no report. Put one for each server version there, as 1.2.0.json or 1.2.0/report.json.`,
  );
}
