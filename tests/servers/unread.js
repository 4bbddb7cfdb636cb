// A server that answers the first command of a client, and ends or (`reset`) resets TCP with the rest of its input unread. So its
// goodbye may be lost; with `lose` it always is.
import { goodbye, start } from "./plain.js";

const refused = { status: "failed", reason: "invalid_command" };

/** Ends TCP at once. The kernel makes this a reset if there is more input. */
function end(client, socket, outcome) {
  socket.pause();
  goodbye(client, outcome);
  client.close(1000);
  setImmediate(() => socket.destroySoon());
}

const ends = {
  farewell: (client, socket) => end(client, socket),
  refuse: (client, socket) => end(client, socket, refused),
};

const resets = {
  hear(client, handle, _, socket) {
    if (client.readyState === client.OPEN) handle();
    else socket.resetAndDestroy();
  },
};

/** The time in which more commands may follow the first, in ms. */
const MOMENT = 50;

const loses = {
  hear(client, handle, _, socket) {
    client.commands = (client.commands ?? 0) + 1;
    if (client.commands === 1) setTimeout(() => (client.commands > 1 ? socket.resetAndDestroy() : handle()), MOMENT);
  },
};

start({ reset: resets, lose: loses }[process.argv[2]] ?? ends);
