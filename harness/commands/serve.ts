import { once } from "node:events";
import { current } from "../../suites/index.ts";
import { reason, UsageError } from "../usage.ts";

/** Runs the reference server until it is interrupted. Throws a `UsageError` where it cannot listen. */
export async function serve({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const server = await current.serve({ host, port }).catch((error) => {
    throw new UsageError(`Cannot listen on ${host}, port ${port}: ${reason(error)}. Choose another --host or --port.`);
  });
  process.stdout.write(`Tachyon ${current.version} reference server: ${server.url}\nCtrl-C ends it.\n`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await server.close();
}
