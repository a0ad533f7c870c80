import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  declaredFields,
  definitionOf,
  type EventName,
  events,
  levelOf,
} from '../../../src/telemetry/events.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { fieldsIn } from '../../../src/telemetry/sentence.ts';
import { stateChanges } from '../../../src/telemetry/stateChanges.ts';

const root = new URL('../../..', import.meta.url).pathname;
const names = Object.keys(events) as EventName[];

const code = ['src', 'cli'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
    .filter((path) => !path.startsWith('src/scheduler/protocol/schema/')),
);
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the table of events and the code', () => {
  const written = code.flatMap((path) =>
    [...textOf(path).matchAll(/(?:\.report\(|\breportOnce\([\w.]+,)\s*'([^']+)'/g)].map(
      ([, name = '']) => name,
    ),
  );
  const ofStates = Object.values(stateChanges).flatMap(({ event, own = {} }) => [
    event,
    ...Object.values(own),
  ]);

  it('name the same events', () => {
    expect([...new Set([...written, ...ofStates])].sort()).toEqual([...names].sort());
  });

  it('agree on the types of fields when the code is compiled', () => {
    silentLog.report('journal.writeRecovered', { path: '/state' });
    // @ts-expect-error there is no such event
    silentLog.report('journal.forgotten', { path: '/state' });
    // @ts-expect-error there is no such field
    silentLog.report('journal.writeRecovered', { path: '/state', secret: 'x' });
    // @ts-expect-error a field is missing
    silentLog.report('journal.writeRecovered', {});
    // @ts-expect-error a field has another type
    silentLog.report('journal.writeRecovered', { path: 7 });
    // @ts-expect-error this field is never null
    silentLog.report('journal.writeRecovered', { path: null });
    silentLog.report('stopTask.failed', { group: 'g', task: null, kind: 'denied', reason: 'no' });
    // @ts-expect-error a field of a record is missing
    silentLog.report('launch.blocked', { missing: 1, blockers: [{ kind: 'held' }] });
  });

  it('leave no other way to write a line', () => {
    const others = code.filter(
      (path) =>
        path !== 'src/telemetry/log.ts' &&
        /\b[lL]og\w*\??\.(?:debug|info|warn|error)\(/.test(textOf(path)),
    );
    expect(others).toEqual([]);
  });
});

describe('an event', () => {
  it('is called subject.pastEvent', () => {
    expect(names.filter((name) => !/^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/.test(name))).toEqual([]);
  });

  it.each(names)('%s has a sentence that its fields fill', (name) => {
    const { sentence, fields, remedy = 'Do.', explanation = 'So.' } = definitionOf(name);
    for (const text of [sentence, remedy, explanation]) expect(text).toMatch(/^.*[.?]$/);
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(fieldsIn(sentence)));
    // A field that may be absent stands in a part that may be left out, or has words for that.
    const always = sentence.replaceAll(/\[[^\]]*\]/g, '');
    expect(fieldsIn(always).filter((field) => fields[field]?.optional)).toEqual([]);
  });

  it('has no field that could hold a secret', () => {
    const fields = names.flatMap((name) =>
      Object.entries(definitionOf(name).fields).flatMap(([field, { of = {} }]) => [
        field,
        ...Object.keys(of),
      ]),
    );
    const secret = /secret|password|token|credential|key|environment|requirements|identity/i;
    expect(fields.filter((field) => secret.test(field))).toEqual([]);
  });

  it('is reported with the fields of the table alone', () => {
    const given = { path: '/state', reason: undefined, secret: 'hunter2' };
    expect(declaredFields('journal.writeFailed', given)).toEqual({ path: '/state' });
  });

  it('is reported with the fields that the table gives the records of a field', () => {
    const blockers = [{ kind: 'held', since: null, market: undefined, identity: 'held x' }];
    expect(declaredFields('launch.blocked', { blockers })).toEqual({
      blockers: [{ kind: 'held', since: null }],
    });
  });
});

describe('the level of an event', () => {
  it('is that of the table', () => {
    expect(levelOf('journal.writeRecovered', { path: '/state' })).toBe('info');
  });

  it('is another for the values that the table names', () => {
    expect(levelOf('stopTask.failed', { kind: 'refused' })).toBe('warn');
    expect(levelOf('stopTask.failed', { kind: 'denied' })).toBe('error');
  });

  it('is another above the limit that the table names', () => {
    expect(levelOf('daemon.ended', { left: 0 })).toBe('info');
    expect(levelOf('daemon.ended', { left: 1 })).toBe('warn');
  });
});
