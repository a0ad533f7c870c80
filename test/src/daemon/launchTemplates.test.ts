import { describe, expect, it } from 'vitest';
import type { Terms } from '../../../machines/scheduler/messages.ts';
import { mismatch, templateKey, workersFor } from '../../../machines/scheduler/releases.ts';
import type { TaskTemplate } from '../../../src/aws/launch/launchTemplate.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createTemplates, type Templates } from '../../../src/daemon/launchTemplates.ts';

const order = {
  label: 'e-1',
  clientToken: 'se-e-1',
  count: 1,
  revision: 'rev:1',
  market: 'onDemand' as const,
};
const configFor = (...flags: string[]): Config => {
  const [config] = loadConfig({
    argv: ['run', 'tcp://10.0.0.5:8516', '-wmi', 'wm', '--ecs-subnets', 's-1', ...flags],
    env: { HOME: '/home/x' },
    readFile: () => '',
    warn: () => {},
  });
  if (!config) throw new Error('no config');
  return config;
};
const templatesFor = (...flags: string[]) => createTemplates(configFor(...flags));
/** As the fleet manager names it. */
const templateFor = (templates: Templates, terms: Terms): TaskTemplate =>
  templates.templateOf({ template: templateKey(workersFor(terms, templates.workerRelease)) });
const mismatchOf = (templates: Templates, terms: Terms): string | null =>
  templates.workerRelease === null ? null : mismatch(templates.workerRelease, terms);
const environment = (template: TaskTemplate) =>
  Object.fromEntries(
    template
      .request(order)
      .overrides?.containerOverrides?.[0]?.environment?.map(({ name, value }) => [name, value]) ??
      [],
  );
const image = ['--ecs-task-image', 'example.com/scaler:1', '--ecs-python-requirements', 'pandas'];

describe('what is launched', () => {
  it.each([
    ['ymq', 'g4', 'ymq', 'opengris-scaler==2.9.0\npandas'],
    ['zmq', 'g4', 'zmq', 'opengris-scaler[zmq]==2.9.0\npandas'],
    ['ymq', 'g3', 'ymq', 'opengris-scaler==2.6.0\npandas'],
    ['zmq', 'g2', 'tcp_zmq', 'opengris-scaler==2.0.20\npandas'],
    ['zmq', 'g1', 'tcp_zmq', 'opengris-scaler==1.15.0\nconfigargparse==1.7.1\npandas'],
  ] as const)(
    'follows a scheduler of %s and %s',
    (transport, generation, backend, requirements) => {
      const templates = templatesFor(...image);
      const terms = { transport, generation, exact: true, bare: false } as const;
      expect(mismatchOf(templates, terms)).toBeNull();
      expect(environment(templateFor(templates, terms))).toMatchObject({
        SCALER_NETWORK_BACKEND: backend,
        PYTHON_REQUIREMENTS: requirements,
      });
    },
  );

  it('is the release that a person has said, and a scheduler of another kind is not served', () => {
    for (const said of [
      ['--worker-scaler-version', '2.6.0'],
      ['--ecs-python-requirements', 'opengris-scaler==2.6.0'],
    ]) {
      const templates = templatesFor(...said);
      const found = (generation: 'g3' | 'g4') =>
        mismatchOf(templates, { transport: 'ymq', generation, exact: true, bare: false });
      expect(found('g3')).toBeNull();
      expect(found('g4')).toContain('Scaler 2.6.0');
      expect(templates.workerRelease).toBe('2.6.0');
    }
  });

  it.each([
    [['--worker-scaler-version', '2.10.1'], '2.10.1'],
    [['--ecs-python-requirements', 'opengris-scaler>=3'], '3'],
  ])('is a release that is newer than all that are known, and said once (%j)', (said, release) => {
    const templates = templatesFor(...said);
    expect(templates.workerRelease).toBe(release);
    expect(templates.warnings()).toEqual([
      expect.stringContaining(`Scaler ${release} is no release that this program knows`),
    ]);
    const terms = { transport: 'ymq', generation: 'g4', exact: true, bare: false } as const;
    expect(mismatchOf(templates, terms)).toBeNull();
    const { command } = templatesFor('--worker-scaler-version', '2.9.0').templateOf({});
    // It is asked for the one flag that such a release may lack.
    const asked = /^case \$\(scaler_worker_manager .*? esac; /;
    expect(templateFor(templates, terms).command).toMatch(asked);
    expect(
      templateFor(templates, terms)
        .command.replace(asked, '')
        .replace('$scaler_ecs_mode', '--mode fixed'),
    ).toBe(command);
    expect(mismatchOf(templates, { ...terms, generation: 'g3' })).toContain(`Scaler ${release}`);
  });

  it('is sent again as it was journaled, whatever was found since', () => {
    const templates = templatesFor(...image);
    const of = (transport: 'ymq' | 'zmq', generation: 'g2' | 'g4') =>
      templateFor(templates, { transport, generation, exact: true, bare: false });
    const before = of('zmq', 'g2');
    const hash = before.hash(order);
    expect(of('ymq', 'g4').hash(order)).not.toBe(hash);
    expect(templates.made(order, { requestHash: hash })).toBe(before);
    expect(templates.made(order, { requestHash: 'of other settings' })).toBeNull();
  });

  it('is sent again to the cluster that it was journaled with, after ecs_cluster has changed', () => {
    const then = templatesFor(...image, '--ecs-cluster', 'before');
    const requestHash = then.templateOf({}).hash(order);
    const templates = templatesFor(...image);
    expect(templates.made(order, { requestHash })).toBeNull();
    expect(templates.made(order, { requestHash, cluster: 'another' })).toBeNull();
    const again = templates.made(order, { requestHash, cluster: 'before' });
    expect(again?.request(order)).toEqual(then.templateOf({}).request(order));
    expect(again?.cluster).toBe('before');
  });

  it('is sent again with the tag that it was journaled with, however often fleet_id has changed since', () => {
    const plain = templatesFor(...image);
    const fleet = templatesFor(...image, '--fleet-id', 'f');
    const second = templatesFor(...image, '--fleet-id', 'g');
    for (const then of [plain, fleet, second])
      for (const now of [plain, fleet, second]) {
        const made = then.templateOf({});
        const journaled = { requestHash: made.hash(order), cluster: 'c', tag: then.startedBy };
        const ours = { ...journaled, cluster: then.cluster };
        expect(now.made(order, ours)?.request(order)).toEqual(made.request(order));
        expect(now.made(order, journaled)).toBeNull();
        expect(now.made(order, { ...ours, requestHash: 'of other settings' })).toBeNull();
        if (now !== then) expect(now.made(order, { ...ours, tag: now.startedBy })).toBeNull();
      }
  });

  it('carries the same tag for all of them', () => {
    const templates = templatesFor(...image);
    const terms = { transport: 'zmq', generation: 'g1', exact: true, bare: false } as const;
    expect(templateFor(templates, terms).startedBy).toBe(templates.startedBy);
    expect(templates.templateOf({}).startedBy).toBe(templates.startedBy);
    expect(() => templates.templateOf({ template: 'ymq 0.0.1' })).toThrow('ymq 0.0.1');
    expect(templates.check()).toMatchObject({ warning: null });
  });

  it('speaks YMQ without a magic to a scheduler that does', () => {
    const templates = templatesFor(...image);
    const bare = { transport: 'ymq', generation: 'g2', exact: true, bare: true } as const;
    expect(mismatchOf(templates, bare)).toBeNull();
    const before = templateFor(templates, bare);
    expect(environment(before).PYTHON_REQUIREMENTS).toBe('opengris-scaler==2.0.1\npandas');
    expect(templateFor(templates, { ...bare, bare: false })).not.toBe(before);
    expect(templates.made(order, { requestHash: before.hash(order) })).toBe(before);
  });

  it.each([
    ['opengris-scaler>=1.24,<1.26.1', '1.26.0', 'exec scaler_cluster '],
    ['opengris-scaler~=1.26.1', '1.26.6', 'exec scaler_worker_manager baremetal_native '],
  ])('is started as the release that %s makes takes it', (text, release, command) => {
    const templates = templatesFor(...image.slice(0, 2), '--ecs-python-requirements', text);
    expect(templates.workerRelease).toBe(release);
    expect(environment(templates.templateOf({}))).toMatchObject({
      COMMAND: expect.stringContaining(command),
      PYTHON_REQUIREMENTS: text,
    });
    expect(
      mismatchOf(templates, { transport: 'zmq', generation: 'g3', exact: true, bare: false }),
    ).toContain(release);
  });

  it.each(['1.24.0', '1.24.6', '1.26.0'])('pins %s when that was said', (release) => {
    const templates = templatesFor(...image, '--worker-scaler-version', release);
    expect(environment(templates.templateOf({}))).toMatchObject({
      COMMAND: expect.stringContaining('exec scaler_cluster '),
      PYTHON_REQUIREMENTS: `opengris-scaler==${release}\npandas`,
    });
  });
});

describe('a release that the package index does not have', () => {
  const requirements = ['--ecs-task-image', 'x', '--ecs-python-requirements'];
  it.each([
    [['--worker-scaler-version', '9.9.9'], '--worker-scaler-version', 'Scaler 9.9.9 is no release'],
    [['--worker-scaler-version', '2.4.1'], '--worker-scaler-version', 'Scaler 2.4.1 is no release'],
    [[...requirements, 'opengris-scaler==9.9.9'], '--ecs-python-requirements', 'Scaler 9.9.9'],
  ])('is warned of: %j', (flags, name, words) => {
    const [line, ...others] = templatesFor(...flags).warnings();
    expect(others).toEqual([]);
    expect(line?.startsWith(name)).toBe(true);
    expect(line).toContain(words);
  });

  it.each([
    [[]],
    [['--worker-scaler-version', '2.9.0']],
    [['--worker-scaler-version', '1.15.0']],
    [[...requirements, 'opengris-scaler>=2.6']],
  ])('is not seen in %j', (flags) => {
    expect(templatesFor(...flags).warnings()).toEqual([]);
  });
});

describe('a command line that looks at the installed release', () => {
  const looks = (terms: Terms, ...flags: string[]) => {
    return templateFor(templatesFor(...flags), terms).command.includes('importlib.metadata');
  };
  const g23 = { transport: 'zmq', generation: 'g23', exact: true, bare: false } as const;

  it('is given to workers over ZeroMQ of the generation that does not spell it alike', () => {
    expect(looks(g23)).toBe(true);
    expect(looks({ ...g23, transport: 'ymq' })).toBe(false);
    for (const generation of ['g1', 'g2', 'g3', 'g4'] as const)
      expect(looks({ ...g23, generation })).toBe(false);
  });

  it('is not given to workers whose release a person has chosen', () => {
    expect(looks(g23, '--worker-scaler-version', '2.2.0')).toBe(false);
    const requirements = 'opengris-scaler==2.2.0';
    expect(looks(g23, '--ecs-task-image', 'x', '--ecs-python-requirements', requirements)).toBe(
      false,
    );
  });
});

it('a Python on which the release does not install is warned of', () => {
  const [line] = templatesFor('--ecs-python-version', '3.9.1').warnings();
  expect(line).toMatch(/^--ecs-python-version .*: Scaler 2\.9\.0 needs Python 3\.10 or newer/);
  const old = ['--ecs-python-version', '3.9.1', '--worker-scaler-version'];
  expect(templatesFor(...old, '2.1.6').warnings()).toEqual([]);
  expect(templatesFor(...old, '2.1.7').warnings()).toHaveLength(1);
  expect(templatesFor('--ecs-python-version', '3.10').warnings()).toEqual([]);
});
