import { expect, it } from 'vitest';
import type { Diagnosis } from '../../../../src/daemon/doctor/doctor.ts';
import { doctorText } from '../../../../src/daemon/doctor/doctorText.ts';

const diagnosis: Diagnosis = {
  manager: 'wm',
  scheduler: 'tcp://10.0.0.1:8516',
  region: 'us-east-1',
  verdict: 'faulty',
  findings: [
    { id: 'a.b', severity: 'ok', what: 'A is there', why: '', remedy: '' },
    { id: 'c.d', severity: 'warning', what: 'C is odd', why: 'it may fail', remedy: 'set --c' },
    { id: 'e.f', severity: 'error', what: 'E is missing', why: 'it fails', remedy: 'set --e' },
  ],
};

it('a diagnosis shows errors first, each with why, remedy and id, and a verdict last', () => {
  expect(doctorText(diagnosis, false)).toBe(`wm, scheduler tcp://10.0.0.1:8516, region us-east-1
error      E is missing
           why: it fails
           fix: set --e
           [e.f]
warning    C is odd
           why: it may fail
           fix: set --c
           [c.d]
ok         A is there
1 error, 1 warning, 0 not checked, 1 ok: do not start yet
`);
});

it('a diagnosis has colours only where they are wanted', () => {
  expect(doctorText(diagnosis, true)).toContain('\x1b[31merror      \x1b[0mE is missing');
});

it('a diagnosis without errors says that the manager is ready', () => {
  const ready: Diagnosis = { ...diagnosis, verdict: 'ready', findings: [] };
  expect(doctorText(ready, false)).toContain(
    '0 errors, 0 warnings, 0 not checked, 0 ok: ready to start',
  );
});
