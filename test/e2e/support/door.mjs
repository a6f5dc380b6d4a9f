// Lets a test into the network namespace it is started in: what comes in by a Unix socket goes to a port there.
import net from 'node:net';

const [path, port] = process.argv.slice(2);
const server = net.createServer({ allowHalfOpen: true }, outer => {
  const inner = net.connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true });
  outer.pipe(inner).pipe(outer);
  outer.on('error', () => inner.destroy()).on('close', () => inner.destroy());
  inner.on('error', () => outer.destroy()).on('close', () => outer.destroy());
});
server.listen(path, () => process.send({ ready: true }));
process.on('disconnect', () => process.exit()); // the test is gone
