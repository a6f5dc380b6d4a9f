// A place of the world in world.mjs, in a process of its own inside its network namespace: servers that answer whoever
// reaches them, on every address, and tell the test who did. Its word is what they say.
//   80 http and ws, 443 https and wss, 7000 tcp, 7443 tls: the last two say their word and what they got, back.
//   53 udp, where there is a zone: name → addresses (RFC 1035).
import { createSocket } from 'node:dgram';
import http from 'node:http';
import https from 'node:https';
import net, { isIP } from 'node:net';
import tls from 'node:tls';
import { WebSocketServer } from 'ws';
import { addressBytes } from './authority.mjs';

const A = 1;
const AAAA = 28;
const LONGEST_NAME = 255;

process.once('message', async ({ word, cert, key, zone, resolver }) => {
  await web(word, http.createServer(), 80);
  await web(word, https.createServer({ cert, key }), 443);
  await listening(net.createServer(socket => echo(word, socket)), 7000);
  await listening(tls.createServer({ cert, key }, socket => echo(word, socket)), 7443);
  if (zone) await names(zone, resolver);
  process.send({ ready: true });
});
process.on('disconnect', () => process.exit()); // the test is gone

/** `GET` says the word, what is sent is counted; a WebSocket says the word and closes. */
function web(word, server, port) {
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    tell(request, port);
    socket.on('error', () => {}); // a program that was cut off
    socket.send(word);
    socket.close();
  });
  server.on('request', (request, response) => {
    tell(request, port);
    request.on('error', () => {}).resume();
    request.on('end', () => response.end(word));
  });
  return listening(server, port);
}

function tell({ method, url, headers, socket }, port) {
  process.send({ request: { method, url, headers, port, to: socket.localAddress } });
}

function echo(word, socket) {
  socket.on('error', () => {});
  socket.write(`${word} `);
  socket.pipe(socket);
}

function listening(server, port) {
  server.on('connection', ({ remoteAddress }) => process.send({ reached: `${port} from ${remoteAddress}` }));
  server.on('tlsClientError', () => {}); // who does not believe the certificate
  return new Promise((done, failed) => server.once('error', failed).listen(port, '::', done));
}

async function names(zone, resolver) {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const answer = answerTo(question, zone);
    if (answer) socket.send(answer, from.port, from.address);
  });
  await new Promise(done => socket.bind(53, resolver, done));
}

function answerTo(question, zone) {
  const labels = [];
  let at = 12;
  for (let length; (length = question[at]) > 0 && at < LONGEST_NAME; at += length + 1) labels.push(question.toString('latin1', at + 1, at + 1 + length));
  if (at + 5 > question.length) return null;
  const name = labels.join('.').toLowerCase();
  process.send({ asked: name });
  const type = question.readUInt16BE(at + 1);
  const records = (zone[name] ?? []).filter(address => type === (isIP(address) === 4 ? A : AAAA)).map(record);
  const head = Buffer.from([question[0], question[1], 0x81, name in zone ? 0x80 : 0x83, 0, 1, 0, records.length, 0, 0, 0, 0]);
  return Buffer.concat([head, question.subarray(12, at + 5), ...records]);
}

// name (pointer to the question), type, class IN, seconds, length, data
function record(address) {
  const data = addressBytes(address);
  return Buffer.concat([Buffer.from([0xc0, 12, 0, data.length === 4 ? A : AAAA, 0, 1, 0, 0, 0, 60, 0, data.length]), data]);
}
