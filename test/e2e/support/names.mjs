// A DNS server on loopback that knows what it was told and nothing else.
import dgram from 'node:dgram';

const TYPES = { A: 1, CNAME: 5, AAAA: 28 };

export class Names {
  #socket = dgram.createSocket('udp4');
  #records = new Map();

  static async start() {
    const names = new Names();
    await new Promise(done => names.#socket.bind(0, '127.0.0.1', done));
    names.#socket.on('message', (message, peer) => names.#socket.send(names.#answer(message), peer.port, peer.address));
    return names;
  }

  get address() {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** Address of A as text, target of CNAME as a name. */
  tell(name, type, content) {
    this.#records.set(`${name.toLowerCase()} ${TYPES[type]}`, content);
  }

  close() {
    this.#socket.close();
  }

  #answer(message) {
    const labels = [];
    let at = 12;
    for (; message[at] !== 0; at += message[at] + 1) labels.push(message.toString('latin1', at + 1, at + 1 + message[at]));
    const type = message.readUInt16BE(at + 1);
    const question = message.subarray(12, at + 5);
    const content = this.#records.get(`${labels.join('.').toLowerCase()} ${type}`);
    const head = Buffer.alloc(12);
    message.copy(head, 0, 0, 2);
    head.writeUInt16BE(content === undefined ? 0x8183 : 0x8180, 2); // no such name, or an answer
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(content === undefined ? 0 : 1, 6);
    if (content === undefined) return Buffer.concat([head, question]);
    const data = type === TYPES.A ? Buffer.from(content.split('.').map(Number)) : wireName(content);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(1, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([head, question, record, data]);
  }
}

function wireName(name) {
  return Buffer.concat([...name.replace(/\.$/, '').split('.').flatMap(label => [Buffer.from([label.length]), Buffer.from(label)]), Buffer.from([0])]);
}
