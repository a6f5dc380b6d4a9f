// A certificate authority that only a test believes, and certificates of servers: X.509 (RFC 5280) in DER, because
// Node signs but does not issue.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = seq(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const KEY_USAGE = oid('551d0f');
const SUBJECT_KEY = oid('551d0e');
const AUTHORITY_KEY = oid('551d23');
const SUBJECT_NAMES = oid('551d11');
const AUTHORITY_ACCESS = oid('2b06010505070101');
const [OCSP, ISSUERS] = [oid('2b06010505073001'), oid('2b06010505073002')];
const KEY_USAGE_OF_AUTHORITY = bits(Buffer.of(0x06), 1); // keyCertSign, cRLSign
const KEY_USAGE_OF_SERVER = bits(Buffer.of(0x80), 7); // digitalSignature

/** { ca, cert, key }, each PEM: the certificate of a new authority, and a server's for these names and addresses. */
export function issue(hosts, options) {
  return authority().issue(hosts, options);
}

/** Signs servers (`rsa`: with an RSA key; `access`: URL of where OCSP answers and issuers are said to be) and further authorities below itself; what is issued there brings its certificate along. */
export function authority(name = 'Test authority', above = null) {
  const own = { ...keys(), name };
  const certificate = certify(own, above ?? own, [
    extension(BASIC_CONSTRAINTS, seq(Buffer.from('0101ff', 'hex')), true),
    extension(KEY_USAGE, KEY_USAGE_OF_AUTHORITY, true),
  ]);
  return {
    ca: certificate,
    below: another => authority(another, own),
    issue(hosts, { rsa = false, access } = {}) {
      const server = { ...keys(rsa), name: 'Test server' };
      const cert = certify(server, own, [
        extension(BASIC_CONSTRAINTS, seq(), true),
        extension(KEY_USAGE, KEY_USAGE_OF_SERVER, true),
        extension(SUBJECT_NAMES, seq(...hosts.map(host => isIP(host) ? der(0x87, addressBytes(host)) : der(0x82, Buffer.from(host))))),
        ...access ? [extension(AUTHORITY_ACCESS, seq(...[OCSP, ISSUERS].map(kind => seq(kind, der(0x86, Buffer.from(access))))))] : [],
      ]);
      return { ca: certificate, cert: above ? cert + certificate : cert, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
    },
  };
}

/** Four or sixteen bytes. */
export function addressBytes(address) {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head, tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::').map(half => half.split(':').filter(Boolean));
  const groups = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(groups.map(group => group.padStart(4, '0')).join(''), 'hex');
}

function keys(rsa = false) {
  const pair = rsa ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const info = pair.publicKey.export({ type: 'spki', format: 'der' });
  return { ...pair, info, id: createHash('sha1').update(info).digest() };
}

function certify(subject, issuer, extensions) {
  const now = Date.now();
  const body = seq(
    der(0xa0, Buffer.from('020102', 'hex')), // version 3
    der(0x02, Buffer.concat([Buffer.of(0x40), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    seq(time(now - DAY_MS), time(now + 30 * DAY_MS)),
    nameOf(subject.name),
    subject.info,
    der(0xa3, seq(
      ...extensions,
      extension(SUBJECT_KEY, der(0x04, subject.id)),
      extension(AUTHORITY_KEY, seq(der(0x80, issuer.id))))));
  const whole = seq(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, issuer.privateKey), 0));
  return `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(text) {
  return seq(der(0x31, seq(COMMON_NAME, der(0x0c, Buffer.from(text)))));
}

function extension(id, value, critical = false) {
  return seq(id, ...critical ? [Buffer.from('0101ff', 'hex')] : [], der(0x04, value));
}

function time(at) {
  return der(0x17, Buffer.from(new Date(at).toISOString().slice(2).replace(/[-:T]|\.\d+/g, '')));
}

function bits(bytes, unused) {
  return der(0x03, Buffer.concat([Buffer.of(unused), bytes]));
}

function oid(hex) {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function seq(...parts) {
  return der(0x30, Buffer.concat(parts));
}

function der(tag, content) {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}
