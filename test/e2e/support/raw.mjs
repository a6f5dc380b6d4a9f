// Bytes on a socket, for what an HTTP client would not send or would hide.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Sends the pieces, waits until the server closes (or `limit` ms pass) and gives all bytes as latin1 text. */
export async function exchange(server, pieces, limit = 5_000) {
  const socket = connect(server.port, '127.0.0.1');
  const received = [];
  const closed = new Promise((resolve, reject) => {
    socket.on('data', data => received.push(data));
    socket.once('close', () => resolve('closed'));
    socket.once('error', reject);
  });
  for (const piece of [pieces].flat()) {
    if (typeof piece === 'number') await sleep(piece);
    else socket.write(piece, 'latin1');
  }
  const end = await Promise.race([closed, sleep(limit, 'still open', { ref: false })]);
  socket.destroy();
  return { end, text: Buffer.concat(received).toString('latin1') };
}
