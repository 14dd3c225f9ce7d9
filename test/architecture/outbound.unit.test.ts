// Proves that nothing but services/net/ opens connections for HTTP or WebSocket by itself, so that every
// URL is judged by its policy. Each exception has its reason, and is gone when it is no longer one.
// Not covered: packages that connect by themselves to addresses of the configuration (Temporal,
// PostgreSQL, Redis, the OTLP exporter, the hub that models are downloaded from).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDERS = ['services', 'api', 'workers', 'activities'];
const CLIENT = 'services/net/';

const EXCEPTIONS: Readonly<Record<string, string>> = {
  'services/mcp/websocket-transport.ts: ws.WebSocket':
    "no fetch speaks it; it takes the client's look-up and refuses addresses in the URL as that does",
  'workers/temporal-server.ts: net.connect':
    'looks whether the server that it has just started listens',
};

/** What opens connections, by module; `null`: everything it has. */
const OPENERS: Readonly<Record<string, readonly string[] | null>> = {
  undici: null,
  ws: ['WebSocket', 'default'],
  http: ['request', 'get', 'default', '*'],
  https: ['request', 'get', 'default', '*'],
  http2: ['connect', 'default', '*'],
  net: ['connect', 'createConnection', 'Socket', 'default', '*'],
  tls: ['connect', 'TLSSocket', 'default', '*'],
};
const GLOBALS = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'];

/** The ways in which a file opens connections by itself. */
function openersIn(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = new Set<string>();
  const imported = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      for (const name of importedValues(node)) imported.add(name);
      for (const opener of importedOpeners(node)) found.add(opener);
      return;
    }
    if (ts.isIdentifier(node) && isGlobal(node) && !imported.has(node.text)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...found].sort();
}

function importedValues({ importClause }: ts.ImportDeclaration): string[] {
  if (importClause === undefined || importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) {
    return [];
  }
  const { name, namedBindings } = importClause;
  const first = name === undefined ? [] : ['default'];
  if (namedBindings === undefined) return first;
  if (ts.isNamespaceImport(namedBindings)) return [...first, '*'];
  const named = namedBindings.elements.filter((element) => !element.isTypeOnly);
  return [...first, ...named.map((element) => (element.propertyName ?? element.name).text)];
}

function importedOpeners(node: ts.ImportDeclaration): string[] {
  const from = (node.moduleSpecifier as ts.StringLiteral).text.replace(/^node:/, '');
  const openers = OPENERS[from];
  if (openers === undefined) return [];
  return importedValues(node)
    .filter((name) => openers === null || openers.includes(name))
    .map((name) => `${from}.${name}`);
}

/** Whether the name stands for the global of that name: no property, no type, nothing declared here. */
function isGlobal(node: ts.Identifier): boolean {
  if (!GLOBALS.includes(node.text)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return parent.expression.getText() === 'globalThis';
  }
  const isShorthand = ts.isShorthandPropertyAssignment(parent);
  if (!isShorthand && 'name' in parent && parent.name === node) return false;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  if (ts.isTypeQueryNode(parent) || ts.isTypeReferenceNode(parent)) return false;
  for (let at: ts.Node = node; at.parent !== undefined; at = at.parent) {
    if (ts.isTypeNode(at)) return false;
    if (declares(at.parent, node.text)) return false;
  }
  return true;
}

function declares(scope: ts.Node, name: string): boolean {
  if (ts.isFunctionLike(scope)) {
    return scope.parameters.some((parameter) => binds(parameter.name, name));
  }
  if (ts.isForStatement(scope)) {
    const first = scope.initializer;
    if (first === undefined || !ts.isVariableDeclarationList(first)) return false;
    return first.declarations.some((declared) => binds(declared.name, name));
  }
  if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) return false;
  return scope.statements.some(
    (statement) =>
      ts.isVariableStatement(statement) &&
      statement.declarationList.declarations.some((declared) => binds(declared.name, name)),
  );
}

function binds(pattern: ts.BindingName, name: string): boolean {
  if (ts.isIdentifier(pattern)) return pattern.text === name;
  return pattern.elements.some((part) => ts.isBindingElement(part) && binds(part.name, name));
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:ts|tsx|js|mjs)$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => `${folder}/${file}`)
    .filter((file) => !/(?:^|\/)node_modules\/|^api\/dashboard\//.test(file));
}

describe('outbound connections', () => {
  it('each file outside the client → opens none, but for the exceptions with a reason', () => {
    const files = FOLDERS.flatMap(filesUnder).filter((file) => !file.startsWith(CLIENT));
    expect(files.length).toBeGreaterThan(200);
    const found = files.flatMap((file) => {
      const openers = openersIn(file, readFileSync(join(ROOT, file), 'utf8'));
      return openers.map((opener) => `${file}: ${opener}`);
    });
    expect(found.sort()).toEqual(Object.keys(EXCEPTIONS).sort());
  });

  it.each([
    ["await fetch('http://x')", ['fetch']],
    ["globalThis.fetch('http://x')", ['fetch']],
    ['const f = deps.fetch ?? fetch;', ['fetch']],
    ['create({ fetch });', ['fetch']],
    ["new WebSocket('ws://x')", ['WebSocket']],
    ["import { request as send } from 'undici';", ['undici.request']],
    ["import { get as getHttp } from 'node:http';", ['http.get']],
    ["import https from 'https';", ['https.default']],
    ["import { WebSocket } from 'ws'; new WebSocket(url);", ['ws.WebSocket']],
    ['function f(fetch: typeof globalThis.fetch) { return fetch(url); }', []],
    ['function f({ fetch }: Deps) { return fetch(url); }', []],
    ['const fetch = createOutboundFetch(policy); use({ fetch });', []],
    ['interface Deps { readonly fetch: typeof fetch }', []],
    ['deps.fetch(url); use({ fetch: deps.fetch });', []],
    ["import { createServer } from 'node:http';", []],
    ["import type { Dispatcher } from 'undici';", []],
  ])('%s → %j', (text, openers) => {
    expect(openersIn('planted.ts', text)).toEqual(openers);
  });
});
