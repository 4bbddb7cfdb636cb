import { dismiss, farewell, greeting, refuseByName, type Session } from "../tachyon.ts";
import { chooses, type Misjudged } from "./misjudged.ts";

const goodbye = "system/disconnected/response";
const unauthorized = { status: "failed", reason: "unauthorized" };

/** Greets with something else. */
const greets = (message: (session: Session) => object): Misjudged =>
  chooses(() => ({ greet: (session) => session.say(message(session)) }), { told: ["message.schema"] });

/** Ends the connection of who sends a malformed command, and says something else. */
const refuses = (outcome: object): Misjudged =>
  chooses(() => ({ refuse: (session) => session.end(outcome) }), { told: ["termination.reason"] });

/** Writes a text for each goodbye that was asked for, and ends the connection. */
const leaves = (text: string): Misjudged =>
  chooses(
    () => ({
      farewell(session) {
        session.write(text);
        session.close(1000);
      },
    }),
    { told: ["message.json"] },
  );

/** Refuses the first malformed command of a client as it should, and the second with a status that no schema knows. */
function wrongFromTheSecond(): Misjudged {
  const known = new WeakSet<Session>();
  return chooses(
    () => ({
      refuse(session, command) {
        if (known.has(session)) return session.end({ status: "error", reason: "invalid_command" });
        known.add(session);
        refuseByName(session, command);
      },
    }),
    { told: ["message.schema"] },
  );
}

/** Servers whose messages are wrong, or come at the wrong time, so that much else seems wrong. */
export const ofMessages: Readonly<Record<string, Misjudged>> = {
  "writes parities in capitals": greets(({ parity }) => greeting(parity.toUpperCase())),
  "leaves the status out of its greeting": greets(({ parity }) => ({ ...greeting(parity), status: undefined })),
  "leaves the data out of its greeting": greets(({ parity }) => ({ ...greeting(parity), data: undefined })),
  "leaves the status out of its goodbye": chooses(() => ({ farewell: (session) => session.end({}) }), {
    told: ["message.schema"],
  }),
  "leaves the reason out of its refusals": refuses({ status: "failed" }),
  "gives a reason of its own for its refusals": refuses({ status: "failed", reason: "unknown_command" }),
  "writes a capital letter in the status of its refusals": chooses(
    () => ({ refuse: (session) => session.end({ status: "Failed", reason: "invalid_command" }) }),
    { told: ["message.schema"], also: ["malformed.usable"] },
  ),
  "writes another status in its second refusal of a client": wrongFromTheSecond(),
  "writes a goodbye with a comma too many": leaves(`{"command":"${goodbye}","status":"success",}`),
  "greets again behind its goodbye": chooses(
    () => ({
      farewell(session) {
        session.say({ command: goodbye, status: "success" });
        session.say(greeting(session.parity));
        session.close(1000);
      },
    }),
    { told: ["disconnect.last"] },
  ),
  "answers requests after a timeout and a half": chooses(
    () => ({ farewell: (it) => setTimeout(farewell, 3_000, it) }),
    {
      told: ["disconnect.answered"],
    },
  ),
  "asks everybody to log in": chooses(
    () => ({
      greet(session) {
        session.say({ command: "system/version/response", ...unauthorized });
        session.end(unauthorized);
      },
    }),
    { told: ["version.no-login"] },
  ),
  "tells everybody of a malformed command": chooses(
    () => ({
      refuse(session) {
        for (const it of session.everybody) if (it !== session) it.say({ command: goodbye, ...unauthorized });
        dismiss(session);
      },
    }),
    // Some may hear of it after they have asked to be disconnected themselves.
    { told: ["malformed.survives"], also: ["disconnect.success", "disconnect.last"] },
  ),
};
