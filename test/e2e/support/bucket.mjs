// An S3 server on loopback with one bucket, which checks signatures; and its end and return in the middle of something.
import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { freePort } from './server.mjs';

export class Bucket {
  name = 'backups';
  credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  #server;

  static async start() {
    const bucket = new Bucket();
    bucket.directory = await mkdtemp(join(tmpdir(), 'islet-bucket-'));
    bucket.port = await freePort();
    bucket.endpoint = `http://127.0.0.1:${bucket.port}`;
    await bucket.open();
    return bucket;
  }

  async open() {
    this.#server = new S3rver({ port: this.port, address: '127.0.0.1', silent: true, directory: this.directory, configureBuckets: [{ name: this.name }] });
    this.#server.middleware.unshift((context, next) => (this.#signed(context) ? next() : refuse(context))); // s3rver itself looks at the key's name only
    await this.#server.run();
  }

  async shut() {
    await this.#server.close();
  }

  async close() {
    await this.shut();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** AWS Signature Version 4, computed anew from what was sent. */
  #signed({ req }) {
    const [, date, region, names, signature] = /Credential=[^/]+\/(\d+)\/([^/]+)\/s3\/aws4_request,SignedHeaders=([^,]+),Signature=(\w+)$/.exec(req.headers.authorization) ?? [];
    if (!signature) return false;
    const [path, query = ''] = req.url.split('?');
    const headers = names.split(';').map(name => `${name}:${req.headers[name]}\n`).join('');
    const canonical = [req.method, path, query.split('&').sort().join('&'), headers, names, req.headers['x-amz-content-sha256']].join('\n');
    const key = [date, region, 's3', 'aws4_request'].reduce((secret, part) => hmac(secret, part), `AWS4${this.credentials.secretAccessKey}`);
    const hash = createHash('sha256').update(canonical).digest('hex');
    return hmac(key, `AWS4-HMAC-SHA256\n${req.headers['x-amz-date']}\n${date}/${region}/s3/aws4_request\n${hash}`).toString('hex') === signature;
  }

  /** Names of the objects below a prefix. */
  async names(prefix = '') {
    const files = await readdir(join(this.directory, this.name), { recursive: true });
    return files.filter(file => file.endsWith('._S3rver_object')).map(file => file.slice(0, -'._S3rver_object'.length)).filter(name => name.startsWith(prefix)).sort();
  }
}

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

function refuse(context) {
  context.status = 403;
  context.type = 'application/xml';
  context.body = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>';
}
