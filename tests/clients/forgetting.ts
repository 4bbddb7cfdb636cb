import { answer, type Json } from "./answer.ts";
import type { Ways } from "./autohost.ts";

/** Leaves one request without a response: for ever, or until the same comes again. */
export function forgetting(number: number, until: "never" | "late"): Partial<Ways> {
  let count = 0;
  let kept: Json | undefined;
  return {
    request(socket, request, { send }) {
      count += 1;
      if (count === number) kept = request;
      if (count === number) return;
      const isAgain = until === "late" && kept?.messageId === request.messageId;
      if (isAgain) send(socket, answer(request));
      if (isAgain) kept = undefined;
      send(socket, answer(request));
    },
  };
}
