// Answers held against an OpenAPI document: each call that goes through `watching` is matched to its operation and
// its answer validated.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export class Contract {
  /** `name` stands in failures. */
  constructor(name, document) {
    this.name = name;
    this.document = document;
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) => METHODS.filter(method => methods[method]).map(method => ({
      id: methods[method].operationId, method, path, pattern: patternOf(path), responses: methods[method].responses,
    })));
    const ajv = new Ajv({ strict: false, allErrors: true, discriminator: false });
    addFormats(ajv);
    ajv.addSchema({ $id: 'document', components: jsonSchema(document.components) });
    this.compile = schema => ajv.compile(localised(jsonSchema(schema)));
  }

  static async of(server) {
    const answer = await fetch(`${server.api}/openapi.json`);
    assert.equal(answer.status, 200);
    return new Contract('our document', await answer.json());
  }

  /** A document on disk. What it calls one of several and can only be any of them is read so. */
  static async ofFile(path) {
    const document = JSON.parse(await readFile(path, 'utf8'));
    const value = document.components.schemas.AnalyticsDataValue;
    if (value.oneOf?.some(schema => Object.keys(schema).filter(key => key !== 'description').length === 0)) {
      document.components.schemas.AnalyticsDataValue = { anyOf: value.oneOf };
    }
    return new Contract('the published document', document);
  }

  find(method, path) {
    return this.operations.find(operation => operation.method === method.toLowerCase() && operation.pattern.test(path));
  }

  /** Throws with all that is wrong. Gives the operation. */
  check(method, path, response, text) {
    const operation = this.find(method, path);
    assert.ok(operation, `${this.name} has no ${method} ${path}`);
    const known = operation.responses[response.status];
    assert.ok(known, `${operation.id} answered ${response.status}, which ${this.name} does not know: ${text}`);
    const type = response.headers.get('content-type');
    const schema = known.content?.[type]?.schema;
    if (!known.content) {
      assert.equal(text, 'null', operation.id);
      return operation;
    }
    assert.ok(schema, `${operation.id} answered ${type}, which ${this.name} does not know`);
    const validate = (known.validators ??= {})[type] ??= this.compile(schema);
    for (const value of type === 'application/x-ndjson' ? text.trim().split('\n').map(JSON.parse) : [JSON.parse(text)]) {
      assert.ok(validate(value), `${operation.id} against ${this.name}: ${JSON.stringify(validate.errors)}\n${text.slice(0, 2000)}`);
    }
    return operation;
  }
}

/** A fetch for finite answers of the API below `base`. `seen` gets the id of each operation that answered 200. */
export function watching(base, contracts, seen) {
  return async (url, init = {}) => {
    const method = (init.method ?? 'GET').toUpperCase();
    const response = await fetch(url, { ...init, method });
    const path = new URL(url).pathname.slice(new URL(base).pathname.length);
    const text = await response.clone().text();
    for (const contract of contracts) {
      const operation = contract.check(method, path, response, text);
      if (response.status === 200) seen.add(operation.id);
    }
    return response;
  };
}

function patternOf(path) {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

/** OpenAPI 3.0 to JSON Schema: what may be null says so in another way. */
function jsonSchema(node) {
  if (Array.isArray(node)) return node.map(jsonSchema);
  if (node === null || typeof node !== 'object') return node;
  const { nullable, example, discriminator, ...rest } = node;
  const schema = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, jsonSchema(value)]));
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

function localised(node) {
  return JSON.parse(JSON.stringify(node).replaceAll('"#/components/', '"document#/components/'));
}
