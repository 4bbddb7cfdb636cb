import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";

/** A page that opens a connection for each list of messages, and is done when all have closed. */
const talk = ([url, connections]: readonly [string, readonly (readonly string[])[]]) =>
  Promise.all(
    connections.map(
      (texts) =>
        new Promise((closed) => {
          const socket = new WebSocket(url);
          socket.onopen = () => {
            for (const text of texts) socket.send(text);
          };
          socket.onclose = closed;
        }),
    ),
  );

/**
 * Records the traffic between a page in a real browser and a server in a HAR file. Opens a connection for each list of messages, the
 * last of which makes the server end it.
 */
export async function recordHar(
  browser: Browser,
  path: string,
  url: string,
  connections: readonly (readonly string[])[],
): Promise<void> {
  const site = createServer((_, response) =>
    response.setHeader("Content-Type", "text/html").end("<title>a page</title>"),
  );
  await new Promise<void>((ready) => site.listen(0, "127.0.0.1", ready));
  const context = await browser.newContext({ recordHar: { path, content: "embed" } });
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await page.evaluate(talk, [url, connections] as const);
  } finally {
    await context.close();
    site.close();
  }
}
