import { readFileSync } from 'node:fs';
import ts from 'typescript';
import type { AnyStateMachine } from 'xstate';

/** What a machine's source says that the machine itself does not. */
export interface SourceNames {
  /** Of actions and guards that the machine uses by reference. */
  nameOf: (implementation: unknown) => string | undefined;
  /** The comment above a state, by the state's configuration. */
  noteOf: (stateConfig: unknown) => string | undefined;
  /** The doc comment above a constant, or above an action in `setup`. */
  docOf: (name: string) => string | undefined;
}

/** A comment without its stars and slashes, in one line. */
const commentText = (raw: string): string =>
  raw
    .replace(/^\/\*\*?|\*\/$/g, '')
    .replace(/^\s*(\/\/|\*)\s?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();

const commentsAbove = (node: ts.Node, source: ts.SourceFile): string | undefined => {
  const text = (ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [])
    .map(({ pos, end }) => commentText(source.text.slice(pos, end)))
    .join(' ');
  return text === '' ? undefined : text;
};

const bare = (node: ts.Expression): ts.Expression =>
  ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)
    ? bare(node.expression)
    : node;

const propertyName = (node: ts.ObjectLiteralElementLike): string | undefined =>
  node.name && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))
    ? node.name.text
    : undefined;

const parsed = (file: URL): ts.SourceFile =>
  ts.createSourceFile(file.pathname, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);

/**
 * Walks the object given to `createMachine` twice at once, as source and as value: a function knows
 * nothing of the constant that holds it, but the source at the same place does.
 */
export const sourceNames = (machine: AnyStateMachine, file: URL): SourceNames => {
  const source = parsed(file);
  const constants = new Map<string, ts.Expression>();
  const docs = new Map<string, string>();
  const names = new Map<unknown, string>();
  const notes = new Map<unknown, string>();
  let config: ts.Expression | undefined;

  const collect = (node: ts.Node): void => {
    if (ts.isVariableStatement(node) && node.parent === source)
      for (const { name, initializer } of node.declarationList.declarations)
        if (ts.isIdentifier(name) && initializer) {
          constants.set(name.text, initializer);
          const doc = commentsAbove(node, source);
          if (doc) docs.set(name.text, doc);
        }
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      if (node.expression.name.text === 'createMachine') config = node.arguments[0];
    }
    if (ts.isPropertyAssignment(node) && propertyName(node) === 'actions') {
      const actions = node.initializer;
      if (ts.isObjectLiteralExpression(actions))
        for (const action of actions.properties) {
          const doc = commentsAbove(action, source);
          const name = propertyName(action);
          if (name && doc) docs.set(name, doc);
        }
    }
    ts.forEachChild(node, collect);
  };

  /** Actions that the machine's file takes from a file beside it. */
  const collectImported = (node: ts.Statement): void => {
    if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return;
    const bindings = node.importClause?.namedBindings;
    if (!node.moduleSpecifier.text.startsWith('./') || !bindings || !ts.isNamedImports(bindings))
      return;
    const wanted = new Set(bindings.elements.map(({ name }) => name.text));
    const beside = parsed(new URL(node.moduleSpecifier.text, file));
    for (const statement of beside.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const doc = commentsAbove(statement, beside);
      for (const { name } of statement.declarationList.declarations)
        if (doc && ts.isIdentifier(name) && wanted.has(name.text)) docs.set(name.text, doc);
    }
  };

  const walk = (written: ts.Expression, value: unknown): void => {
    const node = bare(written);
    if (ts.isIdentifier(node)) {
      if (typeof value === 'function') names.set(value, node.text);
      const constant = constants.get(node.text);
      if (constant && typeof value === 'object') walk(constant, value);
    } else if (ts.isArrayLiteralExpression(node) && Array.isArray(value)) {
      node.elements.forEach((element, i) => {
        walk(element, value[i]);
      });
    } else if (ts.isObjectLiteralExpression(node) && typeof value === 'object' && value !== null) {
      for (const property of node.properties) {
        const name = propertyName(property);
        const inner = name === undefined ? undefined : (value as Record<string, unknown>)[name];
        const note = commentsAbove(property, source);
        if (note && typeof inner === 'object') notes.set(inner, note);
        if (ts.isPropertyAssignment(property)) walk(property.initializer, inner);
        else if (ts.isShorthandPropertyAssignment(property)) walk(property.name, inner);
      }
    }
  };

  source.statements.forEach(collectImported);
  collect(source);
  if (!config) throw new Error(`no createMachine in ${file}`);
  walk(config, machine.config);
  return {
    nameOf: (implementation) => names.get(implementation),
    noteOf: (stateConfig) => notes.get(stateConfig),
    docOf: (name) => docs.get(name),
  };
};
