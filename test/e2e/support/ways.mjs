// A program with every way to the outside that Deno has: `/?way=…&host=…` takes one and tells what it found there.
export const WAYS = `
  import dns from 'node:dns/promises';
  import http from 'node:http';
  import https from 'node:https';
  import net from 'node:net';
  import tls from 'node:tls';

  const ca = Deno.env.get('CA')!;
  const client = Deno.createHttpClient({ caCerts: [ca] });
  const inUrl = (host: string) => net.isIPv6(host) ? '[' + host + ']' : host;
  const types = (host: string) => host.startsWith('v6') ? 'AAAA' : 'A';

  async function pinged(conn: Deno.Conn) {
    await conn.write(new TextEncoder().encode('ping'));
    return await read(conn.readable);
  }
  async function read(pieces: AsyncIterable<Uint8Array>) {
    let got = '';
    for await (const piece of pieces) if ((got += new TextDecoder().decode(piece)).endsWith('ping')) return got;
    throw new Error('ended after ' + got);
  }
  function opened(socket: WebSocket) {
    return new Promise((done, failed) => {
      socket.onmessage = event => done(event.data);
      socket.onerror = event => failed(new Error((event as ErrorEvent).message));
      socket.onclose = () => failed(new Error('closed'));
    });
  }
  function talked(socket: net.Socket) {
    socket.write('ping');
    return read(socket);
  }
  function answered(request: http.ClientRequest) {
    return new Promise((done, failed) => request.on('error', failed).on('response', async response => {
      let got = '';
      for await (const piece of response.setEncoding('utf8')) got += piece;
      done(got);
    }).end());
  }

  const ways: Record<string, (host: string) => unknown> = {
    'fetch http:': async host => (await fetch('http://' + inUrl(host))).text(),
    'fetch https:': async host => (await fetch('https://' + inUrl(host), { client })).text(),
    'WebSocket ws:': host => opened(new WebSocket('ws://' + inUrl(host))),
    'WebSocket wss:': host => opened(new WebSocket('wss://' + inUrl(host), { client })),
    'Deno.connect': async host => pinged(await Deno.connect({ hostname: host, port: 7000 })),
    'Deno.connectTls': async host => pinged(await Deno.connectTls({ hostname: host, port: 7443, caCerts: [ca] })),
    'node:net': host => talked(net.connect(7000, host)),
    'node:tls': host => talked(tls.connect({ host, port: 7443, ca, servername: net.isIP(host) ? undefined : host })),
    'node:http': host => answered(http.request({ host, agent: false })),
    'node:https': host => answered(https.request({ host, ca, agent: false })),
    'Deno.resolveDns': async host => (await Deno.resolveDns(host, types(host))).join(),
    'node:dns lookup': async host => (await dns.lookup(host)).address,
    'node:dns resolve': async host => (await dns.resolve(host, types(host))).join(),
  };

  Deno.serve(async request => {
    const asked = new URL(request.url).searchParams;
    const way = ways[asked.get('way')!];
    if (!way) return Response.json(Object.keys(ways));
    try {
      return Response.json({ found: await way(asked.get('host')!) });
    } catch (error) {
      return Response.json({ failed: String(error) });
    }
  });`;

/** What each way (or those given) found at the host: { way: text }, or { way: 'failed' }; why is in `why`. */
export async function takeWays(app, host, only) {
  const ways = only ?? (await app.visit('/')).json();
  const taken = {};
  Object.defineProperty(taken, 'why', { value: {}, enumerable: false });
  for (const way of ways) {
    const { found = 'failed', failed } = (await app.visit(`/?${new URLSearchParams({ way, host })}`)).json();
    taken[way] = found;
    taken.why[way] = failed;
  }
  return taken;
}
