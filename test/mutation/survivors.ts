/** A mutant: the text of its first line, and its change. */
export interface Survivor {
  line: string;
  change: string;
}

/** Mutants that do not change the behaviour, by file, with the reason. */
export const survivors: { why: string; mutants: Record<string, Survivor[]> }[] = [
  {
    why: 'placeholders for actions that the wiring implements: without an implementation they do nothing',
    mutants: {
      'machines/fleet/fleetSetup.ts': [
        {
          line: 'actions: {',
          change:
            '{ /** Launching is held back, tested with one, or held back no longer. */ not... => {}',
        },
      ],
      'machines/scheduler/sessionSetup.ts': [
        {
          line: 'actions: {',
          change:
            '{ /** What people should know of the dialogue; the wiring logs it. */ note: (... => {}',
        },
      ],
    },
  },
  {
    why: 'saves work only: reads again, or copies, what is the same',
    mutants: {
      'machines/fleet/cohortEvents.ts': [
        'true',
        'false',
        'changed.length < cohortSize',
        'changed.length > cohortSize',
      ].map((other) => ({
        line: 'changed.length <= cohortSize',
        change: `changed.length <= cohortSize => ${other}`,
      })),
      'machines/scheduler/connectedWorkers.ts': [
        {
          line: 'if (listed.workers === workers && listed.added.length === 0)',
          change: 'listed.workers === workers && listed.added.length === 0 => false',
        },
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
    why: 'a text is no state of a task: it names none',
    mutants: {
      'machines/scheduler/monitorStream.ts': [
        {
          line: 'const newPart = (): Part => ({ moves: [], states: [], list: null });',
          change: '[] => ["Stryker was here"]',
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
    why: 'each drain, or each poll, sets the value before it is read',
    mutants: {
      'machines/cohort/cohort.ts': [{ line: 'monitorConnected: false,', change: 'false => true' }],
      'machines/group/workerGroup.ts': [{ line: 'whenIdle: false,', change: 'false => true' }],
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
  {
    why: 'type narrowing only: a launch that ends has its groups, the tasks that are compared are shown, and one request is there',
    mutants: {
      'machines/cohort/changes.ts': [
        {
          line: 'const waiting = context.launches[label] ?? [];',
          change: '[] => ["Stryker was here"]',
        },
      ],
      'machines/cohort/settleLaunch.ts': [
        {
          line: 'const { [end.label]: waiting = [], ...launches } = records.launches;',
          change: '[] => ["Stryker was here"]',
        },
      ],
      'machines/cohort/observe.ts': [
        {
          line: "const isRunning = (record: GroupRecord): boolean => observationOf(record)?.phase === 'running';",
          change: 'observationOf(record)?.phase => observationOf(record).phase',
        },
      ],
      'machines/fleet/demand.ts': [
        {
          line: 'const isPlain = requests.length === 1 && requests[0]?.capabilities.length === 0;',
          change: 'requests[0]?.capabilities => requests[0].capabilities',
        },
      ],
      'machines/fleet/reconcile.ts': [
        {
          line: 'if (admit > 0 && revision !== null)',
          change: 'revision !== null => true',
        },
      ],
      'machines/fleet/launching.ts': [
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
    why: 'a task that ECS shows as stopped has ended, whatever the monitor stream shows',
    mutants: {
      'machines/cohort/observe.ts': [
        {
          line: 'return reconcileObserved(records, [observation], at, timeouts, false);',
          change: 'false => true',
        },
      ],
    },
  },
  {
    why: 'no task has the ARN null, so the lookup finds none',
    mutants: {
      'machines/cohort/observe.ts': [
        {
          line: 'taskArn === null ? undefined : byArn.get(taskArn);',
          change: 'taskArn === null => false',
        },
      ],
    },
  },
  {
    why: 'assigning an equal value changes nothing, nor does sending no commands: this only saves work',
    mutants: {
      'machines/fleet/commands.ts': [
        { line: 'if (after === before) return;', change: 'after === before => false' },
      ],
      'machines/fleet/cohortEvents.ts': [
        { line: 'if (due.length === 0) return;', change: 'due.length === 0 => false' },
      ],
      'machines/cohort/scaleDown.ts': [
        {
          line: 'Math.max(',
          change:
            'Math.max( record.drainDeadline ?? 0, record.observeUntil ?? 0, record.stopUnl... => Math.max(record.drainDeadline ?? 0, record.observeUntil ?? 0, record.stopUnle...',
        },
      ],
    },
  },
  {
    why: 'where nothing is desired yet, a plan for as many as there are keeps as many as the limit allows, too',
    mutants: {
      'machines/fleet/reconcile.ts': [
        {
          line: "if (scheduler !== 'absent' || fleet.desired === null) return fleet.desired;",
          change: 'fleet.desired === null => false',
        },
      ],
    },
  },
  {
    why: 'equal prices are one price, equal days have returned before, and limits are not read without prices',
    mutants: {
      'machines/fleet/money.ts': [
        {
          line: "const market: Market = prices.spot < prices.onDemand ? 'spot' : 'onDemand';",
          change: 'prices.spot < prices.onDemand => prices.spot <= prices.onDemand',
        },
        {
          line: 'const usdAtMidnight = day > money.day ? costAt(money.sum, prices, day) : money.usdAtMidnight;',
          change: 'day > money.day => day >= money.day',
        },
        {
          line: 'limits: { perHour: null, perDay: null, total: null },',
          change: '{ perHour: null, perDay: null, total: null } => {}',
        },
      ],
    },
  },
  {
    why: 'the slack is for rounding: a sum that is off by exactly the slack means the same either way',
    mutants: {
      'machines/fleet/money.ts': [
        {
          line: 'if (spent < allowed - slack) return [];',
          change: 'spent < allowed - slack => spent <= allowed - slack',
        },
        {
          line: 'return spent > allowed + slack ? [Math.floor(within)] : [];',
          change: 'spent > allowed + slack => spent >= allowed + slack',
        },
      ],
    },
  },
  {
    why: 'default for settings without subnets; an unknown subnet without an open breaker changes nothing',
    mutants: {
      'machines/fleet/launchGate.ts': [
        {
          line: 'permitFor(breakers, { subnets: [], ...settings }, now);',
          change: '[] => ["Stryker was here"]',
        },
      ],
    },
  },
  {
    why: 'what names no task that was asked for, and an answer without its list, count for nothing: `wellFormed` refuses the rest',
    mutants: {
      'src/aws/tasks/describeTasks.ts': [
        {
          line: 'const { tasks = [], failures = [] } = await call(',
          change: '[] => ["Stryker was here"]',
        },
      ],
      'src/aws/tasks/listTasks.ts': [
        {
          line: 'const page = (answer.taskArns ?? []).filter((arn) => !arns.has(arn));',
          change: '[] => ["Stryker was here"]',
        },
      ],
      'src/aws/tasks/stopTask.ts': [
        {
          line: 'return task?.taskArn === taskArn ? observationOf(task) : null;',
          change: 'task?.taskArn => task.taskArn',
        },
      ],
      'src/aws/tasks/runTask.ts': [
        {
          line: 'const { tasks = [], failures = [] } = answer;',
          change: '[] => ["Stryker was here"]',
        },
        {
          line: 'return [...new Set(tasks.flatMap(({ taskArn }) => taskArn ?? []))];',
          change: '[] => ["Stryker was here"]',
        },
      ],
    },
  },
  {
    why: 'null and undefined, false and undefined count the same, and of `isWhole` it is only read whether it is there',
    mutants: {
      'src/aws/tasks/listTasks.ts': [
        {
          line: 'elsewhere: Elsewhere = { clusters: [], ownAccount: () => null },',
          change: '() => null => () => undefined',
        },
        {
          line: 'isOwned: (taskArn: string) => boolean = () => false,',
          change: '() => false => () => undefined',
        },
      ],
      'src/aws/tasks/runTask.ts': [
        { line: 'return { tasks, failures: [], isWhole: true };', change: 'true => false' },
      ],
    },
  },
  {
    why: 'no error of AWS has the name that the mutant adds',
    mutants: {
      'src/aws/errorTable.ts': [
        {
          line: '...errorRows.flatMap(({ names }) => names ?? []),',
          change: '[] => ["Stryker was here"]',
        },
      ],
    },
  },
  {
    why: 'a directory is left out whether its journal is missing or cannot be read',
    mutants: {
      'src/store/siblings.ts': [
        {
          line: 'const ledger = peekJournal(path)?.ledger;',
          change: 'peekJournal(path)?.ledger => peekJournal(path).ledger',
        },
        {
          line: '} catch {',
          change:
            '{ // No directory of ours, or of a later version: its own program will read i... => {}',
        },
      ],
    },
  },
  {
    why: 'the header is no record, only a launch has a count, and a file of exactly the greatest size may be read or refused',
    mutants: {
      'src/store/peekJournal.ts': [
        { line: 'const records = values', change: 'values .slice(1) => values' },
        { line: "if (record.kind === 'launch')", change: "record.kind === 'launch' => true" },
        {
          line: `if (size > longestJournal) throw new RangeError(\`it has \${size} bytes\`);`,
          change: 'size > longestJournal => size >= longestJournal',
        },
      ],
    },
  },
  {
    why: 'a draft that cannot be removed is left to the next rewrite, with or without an error',
    mutants: {
      'src/store/journalFile.ts': ['{ force: true } => {}', 'true => false'].map((change) => ({
        line: 'await files.rm(draft, { force: true }).catch(() => {});',
        change,
      })),
    },
  },
  {
    why: 'the header is no record, and Number.isInteger accepts nothing but numbers',
    mutants: {
      'src/store/readJournal.ts': [
        { line: 'const records = values', change: 'values .slice(1) => values' },
        {
          line: "if (typeof found === 'number' && Number.isInteger(found) && found >= 1 && found <= journalVersion)",
          change: "typeof found === 'number' => true",
        },
      ],
    },
  },
  {
    why: 'the fields of /proc/locks are found whatever is between them; a directory that cannot be made fails alike when it is tried again, and the root is always there',
    mutants: {
      'src/store/stateDir.ts': [
        {
          line: "return locks.some((line) => line.includes(' FLOCK ') && line.split(/\\s+/).includes(file));",
          change: '/\\s+/ => /\\s/',
        },
        ...[
          "code !== 'ENOENT' || dirname(path) === path => false",
          "code !== 'ENOENT' || dirname(path) === path => code !== 'ENOENT' && dirname(path) === path",
          "code !== 'ENOENT' => false",
          'dirname(path) === path => false',
        ].map((change) => ({
          line: "if (code !== 'ENOENT' || dirname(path) === path) throw error;",
          change,
        })),
      ],
    },
  },
  {
    why: 'a test would need a host without /proc/locks, and a file system that other hosts share',
    mutants: {
      'src/store/stateDir.ts': [
        {
          line: 'const systemTools: LockTools = { lockBySocket, fileSystemOf: (path) => statfsSync(path).type };',
          change: '(path) => statfsSync(path).type => () => undefined',
        },
        { line: '} catch {', change: '{ return false; } => {}' },
        { line: 'return false;', change: 'false => true' },
      ],
    },
  },
];
