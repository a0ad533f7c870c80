/** A mutant by the line that it begins on and by what it changes there. */
export interface Survivor {
  line: string;
  change: string;
}

/** Mutants that no test can notice, or need notice: by file, or wherever the change reads like this. */
export const survivors: {
  why: string;
  like?: RegExp;
  mutants?: Record<string, Survivor[]>;
}[] = [
  {
    why: 'asked for the sake of the compiler: the machine names the action for this event alone',
    like: /^event\.type [!=]== '[a-zA-Z.]+' => (true|false)$/,
    mutants: {
      'machines/cohort/cohort.ts': [
        {
          line: "if (event.type !== 'group.changed') return false;",
          change: 'false => true',
        },
      ],
    },
  },
  {
    why: 'asked for the sake of the compiler: who ends or dies is in the books, and who has stopped had a task',
    mutants: {
      'machines/cohort/cohort.ts': [
        {
          line: 'const [groupId, ...others] = context.launches[end.label] ?? [];',
          change: '[] => ["Stryker was here"]',
        },
        { line: 'if (!row) return;', change: '!row => false' },
        {
          line: 'if (row) for (const news of obituary(cohortId, row, end)) enqueue.sendTo(parent, news);',
          change: 'row => true',
        },
      ],
      'machines/settled.ts': [
        {
          line: 'const { [end.label]: waiting = [], ...launches } = books.launches;',
          change: '[] => ["Stryker was here"]',
        },
      ],
    },
  },
  {
    why: 'asked for the sake of the compiler: whoever may launch has a revision, and whoever launches has a first group',
    mutants: {
      'machines/fleet/reconcile.ts': [
        { line: 'if (admit > 0 && revision !== null) {', change: 'revision !== null => true' },
        {
          line: "const [probe = ''] = launches[0]?.groupIds ?? [];",
          change: 'launches[0]?.groupIds => launches[0].groupIds',
        },
        {
          line: "const [probe = ''] = launches[0]?.groupIds ?? [];",
          change: '[] => ["Stryker was here"]',
        },
      ],
    },
  },
  {
    why: 'null is not greater than any time, and to be set to what one is changes nothing',
    mutants: {
      'machines/fleet/fleetManager.ts': [
        {
          line: 'if (!context.replaces && context.wanted !== null && fewer > 0)',
          change: 'fewer > 0 => fewer >= 0',
        },
      ],
      'machines/fleet/state.ts': [
        {
          line: 'doubtedAt !== null && (surveyedAt === null || surveyedAt <= doubtedAt);',
          change: 'surveyedAt === null => false',
        },
        {
          line: 'surveyedAt !== null && surveyedAt >= lastLaunchAt + settings.settleMs;',
          change: 'surveyedAt !== null => true',
        },
      ],
      'machines/cohort/groupRecords.ts': [
        {
          line: 'if (row.waitUntil !== null && row.waitUntil > until)',
          change: 'row.waitUntil !== null => true',
        },
        {
          line: 'if (row.waitUntil !== null && row.waitUntil > until)',
          change: 'row.waitUntil > until => row.waitUntil >= until',
        },
      ],
    },
  },
  {
    why: 'told anew by each look, before anything asks for it',
    mutants: {
      'machines/cohort/cohort.ts': [
        { line: 'monitored: false,', change: 'false => true' },
        { line: 'ending: false,', change: 'false => true' },
      ],
    },
  },
  {
    why: 'no task has the ARN null, so none is found under it',
    mutants: {
      'machines/cohort/observe.ts': [
        {
          line: 'const sightingOf = ({ taskArn }: GroupRecord) => (taskArn === null ? undefined : byArn.get(taskArn));',
          change: 'taskArn === null => false',
        },
      ],
    },
  },
  {
    why: 'only saves work: to tell no changes, to copy what is not changed, to make false what is so',
    mutants: {
      'machines/fleet/fleetManager.ts': [
        { line: 'if (due.length === 0) return;', change: 'due.length === 0 => false' },
      ],
      'machines/fleet/reconcile.ts': [
        { line: 'if (after === before) return;', change: 'after === before => false' },
        {
          line: 'if (context.swapping) enqueue.assign({ swapping: false });',
          change: 'context.swapping => true',
        },
      ],
    },
  },
  {
    why: 'a default for settings that name no subnets; one that nobody is in trouble in changes nothing',
    mutants: {
      'machines/fleet/reconcile.ts': [
        {
          line: 'const way = gate(context.breakers, { subnets: [], ...settings }, context.now);',
          change: '[] => ["Stryker was here"]',
        },
      ],
    },
  },
  {
    why: 'names for what the wiring fills in; without it nobody is told, which is what they do',
    mutants: {
      'machines/fleet/fleetManagerSetup.ts': [
        {
          line: 'actions: {',
          change:
            '{ /** Launching is held back, tried with one, or held back no longer: people ... => {}',
        },
      ],
    },
  },
  {
    why: 'a group that has no task yet waits for it, and is made patient or not when it is told to leave',
    mutants: {
      'machines/group/workerGroup.ts': [{ line: 'patient: false,', change: 'false => true' }],
    },
  },
];
