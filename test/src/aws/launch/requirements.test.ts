import { describe, expect, it } from 'vitest';
import {
  defaultImage,
  defaultRequirements,
  RequirementsFailure,
  workerRequirements,
} from '../../../../src/aws/launch/requirements.ts';

const other = 'ghcr.io/someone/scaler:2.6.0-amd64';
const lines = (text: string) =>
  workerRequirements({ text, image: other, scalerVersion: '2.6.0' }).split('\n');

describe('workerRequirements', () => {
  it('returns the default text unchanged for the default image', () =>
    expect(
      workerRequirements({
        text: defaultRequirements,
        image: defaultImage,
        scalerVersion: '2.6.0',
      }),
    ).toBe('tomli;pargraph;parfun;pandas'));

  it('splits the default text into lines and adds Scaler for any other image', () =>
    expect(lines(defaultRequirements)).toEqual([
      'opengris-scaler==2.6.0',
      'tomli',
      'pargraph',
      'parfun',
      'pandas',
    ]));

  it('adds the extras to Scaler', () =>
    expect(
      workerRequirements({
        text: 'numpy',
        image: other,
        scalerVersion: '2.6.0',
        extras: ['zmq', 'uvloop'],
      }),
    ).toBe('opengris-scaler[zmq,uvloop]==2.6.0\nnumpy'));

  it('returns Scaler alone for an empty text', () =>
    expect(lines('')).toEqual(['opengris-scaler==2.6.0']));

  it.each([
    'opengris-scaler==2.5.0',
    'opengris_scaler [zmq] >= 2.4',
    'OpenGRIS-Scaler',
    'git+https://github.com/finos/opengris-scaler@main',
    'opengris-scaler @ https://example.org/opengris_scaler-2.6.0-py3-none-any.whl',
  ])('adds no Scaler to a text that names it: %s', (text) =>
    expect(lines(`numpy\n${text}`)).toEqual(['numpy', text]),
  );

  it('adds Scaler to a text with a package whose name only begins like Scaler', () =>
    expect(lines('opengris-scaler-plugins')[0]).toBe('opengris-scaler==2.6.0'));

  it.each([
    'numpy',
    'numpy==1.26.*',
    'numpy >=1.20, <2',
    'numpy (>=1.20)',
    'pandas[performance,aws]~=2.0',
    'tomli; python_version < "3.11"',
    "pywin32 ; sys_platform == 'win32' and extra == 'all'",
    'x; "3.9" <= python_version',
    'torch==2.4.0+cpu --hash=sha256:abc',
    '--extra-index-url https://user:secret@pypi.example.org/simple',
    '-r /opt/requirements.txt',
    './wheels/a.whl',
    'https://example.org/a.whl#sha256=abc',
    'git+ssh://git@example.org/a/b.git@v1',
    'pkg @ https://user:secret@example.org/a;b.whl ; os_name == "posix"',
    '# only a comment',
    'numpy # the usual',
    'numpy \\\n  >=1.20',
  ])('accepts what pip can read: %s', (text) =>
    expect(lines(text)).toEqual(['opengris-scaler==2.6.0', ...text.split('\n')]),
  );

  it.each([
    ['numpy;a b', 'not a requirement'],
    ['numpy pandas', 'not a requirement'],
    ['numpy,pandas', 'not a requirement'],
    ['numpy=1.2', 'not a requirement'],
    ['pip install numpy', 'not a requirement'],
    ['numpy==', 'not a requirement'],
    ['numpy \\\n;pandas', 'a package or an environment marker'],
  ])('fails with line number and reason for what pip cannot read: %s', (text, reason) => {
    const parse = () => lines(`tomli\n${text}`);
    expect(parse).toThrow(RequirementsFailure);
    expect(parse).toThrow(/line 2/);
    expect(parse).toThrow(reason);
  });

  it.each([
    ['tomli;pandas', ['tomli', 'pandas']],
    ['tomli;pandas;', ['tomli', 'pandas']],
    ['tomli; pandas>=2 ;numpy', ['tomli', ' pandas>=2 ', 'numpy']],
    ['tomli; python_version < "3.11";pandas', ['tomli; python_version < "3.11"', 'pandas']],
    ['a @ https://x.org/a;b.whl ;c', ['a @ https://x.org/a;b.whl ', 'c']],
    ['a # b;c d', ['a # b;c d']],
  ])('splits %j at each ";" that no environment marker follows', (text, packages) =>
    expect(lines(text)).toEqual(['opengris-scaler==2.6.0', ...packages]),
  );

  it('adds no Scaler to packages that name it after a ";"', () =>
    expect(lines('numpy;opengris-scaler==2.5.0')).toEqual(['numpy', 'opengris-scaler==2.5.0']));

  it('names the package and the line that was given', () =>
    expect(() => lines('tomli;pandas\nnumpy;a b;c')).toThrow(/^line 2 \(a b\): /));

  it('keeps passwords out of the message', () => {
    const text = 'a b @ https://user:hunter2@example.org/x.whl';
    expect(() => lines(text)).toThrow(RequirementsFailure);
    expect(() => lines(text)).not.toThrow(/hunter2/);
  });
});
