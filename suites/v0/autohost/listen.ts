import type { ListenOptions, RunningServer } from "../../../harness/protocol.ts";
import { hosting, httpHost } from "../../websocket/hosting.ts";
import { answerBy } from "../reference/authorization-server.ts";
import { highest, offeredBy } from "../reference/behaviour.ts";
import { answerHttp, answerPage, PATH } from "../reference/oauth.ts";
import { BOT, newWorld } from "../reference/world.ts";

/** Listens as a server of Tachyon does: it issues tokens to a client of OAuth, and lets in everyone who asks; the cases judge that. */
export async function listenForAutohosts({ arrived, ...options }: ListenOptions): Promise<RunningServer> {
  const world = newWorld(new Set());
  const { server, listen } = httpHost({
    ...hosting,
    http: (request, response) =>
      void answerHttp(request, response, { http: answerPage, answer: answerBy(world) }).catch(() => response.destroy()),
  });
  server.on("upgrade", (request, tcp, head) =>
    arrived({ request, tcp, head, subprotocol: highest(offeredBy(request)) }),
  );
  return {
    ...(await listen(options, PATH)),
    notes: [
      `Any access token is taken. Client ${BOT.id} with the secret ${BOT.secret} gets one by the grant client_credentials`,
    ],
  };
}
