// Answers held against schemas as generated zod clients have them: closed objects, UUIDs, times with an offset,
// enumerations. Written from the published contract by hand, so that our own document cannot excuse our own answers.
const problem = (path, wanted, value) => `${path}: wanted ${wanted}, got ${JSON.stringify(value)}`;
const text = pattern => (value, path) => typeof value === 'string' && (!pattern || pattern.test(value)) ? [] : [problem(path, pattern ?? 'text', value)];
const type = name => (value, path) => typeof value === name ? [] : [problem(path, name, value)];
const integer = (value, path) => Number.isInteger(value) && value >= 1 ? [] : [problem(path, 'a positive integer', value)];
const oneOf = (...values) => (value, path) => values.includes(value) ? [] : [problem(path, values, value)];
const nullable = schema => (value, path) => value === null ? [] : schema(value, path);
const list = item => (value, path) => Array.isArray(value) ? value.flatMap((one, at) => item(one, `${path}[${at}]`)) : [problem(path, 'a list', value)];
const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);
const map = item => (value, path) => isObject(value) ? Object.entries(value).flatMap(([key, one]) => item(one, `${path}.${key}`)) : [problem(path, 'a map', value)];
const either = (...schemas) => (value, path) => schemas.some(schema => schema(value, path).length === 0) ? [] : [problem(path, 'one of several', value)];

/** A closed object: all members there but those whose name ends in `?`, and no others. */
const object = members => (value, path) => {
  if (!isObject(value)) return [problem(path, 'an object', value)];
  const known = new Map(Object.entries(members).map(([name, schema]) => [name.replace('?', ''), [schema, name.endsWith('?')]]));
  const unknown = Object.keys(value).filter(name => !known.has(name)).map(name => `${path}.${name}: nobody knows it`);
  return [...unknown, ...[...known].flatMap(([name, [schema, optional]]) =>
    name in value ? schema(value[name], `${path}.${name}`) : optional ? [] : [`${path}.${name}: missing`])];
};

const uuid = text(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const deploymentId = text(/^[0-9a-z]{12}$/);
const time = text(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
const stamps = { createdAt: time, updatedAt: time };
const region = text(/^gcp-(asia|australia|europe|me|northamerica|southamerica|us)-(north|south|east|west|central|southwest|northeast|southeast|northwest)+\d+$/);
const outcome = (...more) => either(...more.map(code => object({ code: oneOf(code) })), object({ code: oneOf('failed'), message: text() }));

export const schemas = {
  nothing: (value, path) => value === null ? [] : [problem(path, 'null', value)],
  error: object({ code: text(/^[a-z][A-Za-z]*$/), message: text(/\S/) }),
  organization: object({ id: uuid, name: text(), ...stamps }),
  project: object({ id: uuid, name: text(/^[a-z0-9-]+$/), description: text(), ...stamps }),
  deployment: object({
    id: deploymentId, projectId: uuid, 'description?': nullable(text()), status: oneOf('failed', 'pending', 'success'), 'domains?': list(text()),
    databases: map(uuid), 'requestTimeout?': nullable(integer), 'permissions?': nullable(object({ 'net?': nullable(list(text())) })), ...stamps,
  }),
  buildLogLine: object({ level: text(), message: text() }),
  appLogLine: object({ time, level: oneOf('error', 'warning', 'info', 'debug'), message: text(), region }),
  domain: object({
    id: uuid, organizationId: uuid, domain: text(), token: text(), isValidated: type('boolean'),
    certificates: list(object({ cipher: oneOf('rsa', 'ec'), expiresAt: time, ...stamps })), provisioningStatus: outcome('success', 'pending', 'manual'),
    'projectId?': nullable(uuid), 'deploymentId?': nullable(deploymentId),
    dnsRecords: list(object({ type: text(), name: text(), content: text() })), ...stamps,
  }),
  attachment: object({ domain: text() }),
  database: object({ id: uuid, organizationId: uuid, description: text(), ...stamps }),
  backup: object({
    id: uuid, status: outcome('pending', 'active'), kind: oneOf('s3'), endpoint: text(), bucketName: text(), bucketRegion: text(), accessKeyId: text(), prefix: text(),
  }),
  newBackup: object({ id: uuid }),
  noBackup: object({}),
  analytics: (value, path) => [
    ...object({ fields: list(object({ name: text(), type: oneOf('time', 'number', 'string', 'boolean', 'other') })), values: list(list(either(type('number'), type('string')))) })(value, path),
    ...value.values.flatMap((row, at) => value.fields.flatMap((field, column) =>
      (field.type === 'time' ? time : type(field.type))(row[column], `${path}.values[${at}][${column}]`))),
  ],
};

export const listOf = list;

/** All that is wrong, a line each. */
export function problems(schema, value) {
  return schema(value, '$');
}
