/** A mutant: the text of its first line, and its change. */
export interface Survivor {
  line: string;
  change: string;
}

/** Mutants that do not change the behaviour: listed by file, or matched by the text of the change (`like`), with the reason. */
export const survivors: {
  why: string;
  like?: RegExp;
  mutants?: Record<string, Survivor[]>;
}[] = [
  {
    why: 'type narrowing only: the machine uses the action for this event alone',
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
    why: 'type narrowing only: a group or launch that ends has a record, and a stopped group had a task',
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
    why: 'type narrowing only: launching requires a revision, and every launch has a first group',
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
    why: 'null is not greater than any time; assigning an equal value changes nothing',
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
    why: 'overwritten by each poll before it is read',
    mutants: {
      'machines/cohort/cohort.ts': [
        { line: 'monitored: false,', change: 'false => true' },
        { line: 'ending: false,', change: 'false => true' },
      ],
    },
  },
  {
    why: 'no task has the ARN null, so the lookup finds none',
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
    why: 'optimisation only: skips sending no changes, assigning equal values or clearing a clear flag',
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
    why: 'default for settings without subnets; an unknown subnet without an open breaker changes nothing',
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
    why: 'placeholders for actions that the wiring implements: without an implementation they do nothing',
    mutants: {
      'machines/scheduler/sessionSetup.ts': [
        {
          line: 'actions: {',
          change:
            '{ /** What people should know of the dialogue; the wiring logs it. */ note: (... => {}',
        },
      ],
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
    why: 'saves work only: reads again, or copies, what is the same',
    mutants: {
      'machines/scheduler/connectedWorkers.ts': [
        { line: 'if (worker === last) continue;', change: 'worker === last => false' },
      ],
      'machines/scheduler/monitorStream.ts': [
        {
          line: 'const connected = moves.length > 0 ? { ...before.connected } : before.connected;',
          change: 'moves.length > 0 => true',
        },
        {
          line: 'const connected = moves.length > 0 ? { ...before.connected } : before.connected;',
          change: 'moves.length > 0 => moves.length >= 0',
        },
        {
          line: 'before.listed !== null && groups === null && before.groups === null',
          change: 'before.listed !== null && groups === null && before.groups === null => false',
        },
      ],
    },
  },
  {
    why: 'type narrowing only: a message about a worker names no task, and a text is no message',
    mutants: {
      'machines/scheduler/monitorStream.ts': [
        {
          line: 'const found: ReturnType<typeof parts> = [{ singles: [], list: null }];',
          change: '[] => ["Stryker was here"]',
        },
        {
          line: 'found.push({ singles: [], list: null });',
          change: '[] => ["Stryker was here"]',
        },
        {
          line: "const states = singles.filter((message) => message.type === 'monitor.task');",
          change: "singles.filter((message) => message.type === 'monitor.task') => singles",
        },
        {
          line: "const states = singles.filter((message) => message.type === 'monitor.task');",
          change: "message.type === 'monitor.task' => true",
        },
      ],
    },
  },
  {
    why: 'type narrowing only: the machine uses the action for these messages alone',
    mutants: {
      'machines/scheduler/dialogue.ts': [
        {
          line: "if (event.message.type !== 'desired') return known;",
          change: "event.message.type !== 'desired' => false",
        },
      ],
      'machines/scheduler/sessionSetup.ts': [
        {
          line: "if (message.type === 'start' || message.type === 'shutdown')",
          change: "message.type === 'start' || message.type === 'shutdown' => true",
        },
      ],
    },
  },
  {
    why: 'saves work only: the numbering that is settled is learned again, and without groups a dialogue with them does nothing',
    mutants: {
      'machines/scheduler/dialogue.ts': [
        {
          line: 'dialect.numbering.settled === null',
          change: 'dialect.numbering.settled === null => true',
        },
        {
          line: 'if (groups === null || !mayHaveGroups(dialect)) return { context };',
          change: 'groups === null => false',
        },
      ],
    },
  },
  {
    why: 'each drain, or each attempt to connect, sets the value before it is read',
    mutants: {
      'machines/group/workerGroup.ts': [{ line: 'whenIdle: false,', change: 'false => true' }],
      'machines/scheduler/sessionState.ts': [
        { line: 'shutdownReported: false,', change: 'false => true' },
      ],
    },
  },
  {
    why: 'the first list tells of all of our tasks, and empties this',
    mutants: {
      'machines/scheduler/monitor.ts': [
        { line: 'added: [],', change: '[] => ["Stryker was here"]' },
      ],
    },
  },
  {
    why: 'a value that is no object, and a field that is not of the record, are left out when the record is parsed',
    mutants: {
      'src/store/upgrade.ts': [
        {
          line: "return typeof value === 'object' && value !== null && !Array.isArray(value);",
          change: "typeof value === 'object' => true",
        },
        {
          line: "return record.kind === 'launch' ? { market: 'onDemand', ...record } : record;",
          change: "record.kind === 'launch' => true",
        },
        {
          line: "return record.kind === 'ended' ? { ...record, usd: null } : record;",
          change: "record.kind === 'ended' => true",
        },
      ],
    },
  },
  {
    why: 'a launch without a record, or a label that is null, is in no journal: the answer is the same',
    mutants: {
      'src/daemon/ledgerEffects.ts': [
        {
          line: 'if (outcomeUnknown) journal.note(inventoryOwedFor(launch ? [launch] : [], at));',
          change: '[] => ["Stryker was here"]',
        },
        {
          line: 'launchOpen: task.label !== null && ledger.isOpen(task.label),',
          change: 'task.label !== null => true',
        },
      ],
    },
  },
  {
    why: 'no frame has an empty payload, and bytes that end too early have another checksum',
    mutants: {
      'src/store/frames.ts': [
        {
          line: 'if (bytes.length - at < headBytes) return null;',
          change: 'bytes.length - at < headBytes => bytes.length - at <= headBytes',
        },
        {
          line: 'if (length > longestPayload || end > bytes.length) return null;',
          change: 'end > bytes.length => false',
        },
        {
          line: "if (left < headBytes) return 'torn';",
          change: 'left < headBytes => left <= headBytes',
        },
        {
          line: 'for (let later = at + 1; later < bytes.length; later += 1)',
          change: 'later < bytes.length => later <= bytes.length',
        },
      ],
    },
  },
  {
    why: 'Number.isFinite accepts nothing but numbers, no group owns null, and parsing throws nothing else',
    mutants: {
      'src/store/records.ts': [
        {
          line: "if (typeof value !== 'number' || !Number.isFinite(value)) throw new Unfit();",
          change: "typeof value !== 'number' => false",
        },
        {
          line: 'if (error instanceof Unfit) return null;',
          change: 'error instanceof Unfit => true',
        },
      ],
      'src/store/ledger.ts': [
        {
          line: 'const lives = group !== undefined || (taskArn !== null && this.#owners.has(taskArn));',
          change: 'taskArn !== null => true',
        },
      ],
    },
  },
  {
    why: 'JSON holds no object that reads as an ARN, and nothing undefined has the form of a member',
    mutants: {
      'src/aws/wellFormed.ts': [
        {
          line: "if (shape === 'arn') return (value) => typeof value === 'string' && arn.test(value);",
          change: "typeof value === 'string' => true",
        },
        {
          line: 'return (value) => Array.isArray(value) && value.every((item) => item !== undefined && fits(item));',
          change: 'item !== undefined => true',
        },
      ],
      'src/aws/regionalEcs.ts': [
        {
          line: "return typeof arn === 'string' ? regionOf(arn) : undefined;",
          change: "typeof arn === 'string' => true",
        },
      ],
      'src/aws/tasks/taskObservation.ts': [
        {
          line: "const isReasonPending = phase === 'stopping' && verdict?.cause === 'lost';",
          change: 'verdict?.cause => verdict.cause',
        },
      ],
    },
  },
];
