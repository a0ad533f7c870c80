/** A mutant: the text of its first line, and its change. */
export interface Survivor {
  line: string;
  change: string;
}

/** Mutants as `line | change`. */
const mutantsOf = (...texts: string[]): Survivor[] =>
  texts.map((text) => {
    const [line = '', change = ''] = text.split(' | ');
    return { line, change };
  });

/** Mutants of one line. */
const mutantsIn = (line: string, ...changes: string[]): Survivor[] =>
  changes.map((change) => ({ line, change }));

/** Mutants that do not change the behaviour, by file, with the reason. */
export const survivors: { why: string; mutants: Record<string, Survivor[]> }[] = [
  {
    why: 'placeholders for actions that the wiring implements: without an implementation they do nothing',
    mutants: {
      'machines/fleet/fleetSetup.ts': mutantsOf(
        'actions: { | { /** Launching is held back, tested with one, or held back no longer. */ not... => {}',
      ),
      'machines/scheduler/sessionSetup.ts': mutantsOf(
        'actions: { | { /** What people should know of the dialogue; the wiring logs it. */ note: (... => {}',
      ),
    },
  },
  {
    why: 'a scheduler that has answered for a minute is present: it counts as returning for half a minute',
    mutants: {
      'machines/fleet/fleetSetup.ts': mutantsOf(
        "stateIn({ scheduler: 'present' }), | { scheduler: 'present' } => {}",
      ),
    },
  },
  {
    why: 'saves work only: reads again, or copies, what is the same',
    mutants: {
      'machines/cohort/cohortSetup.ts': mutantsOf(
        'if (counted !== context.counted) enqueue.assign({ counted }); | counted !== context.counted => true',
      ),
      'machines/fleet/cohortEvents.ts': mutantsIn(
        "if (ended > 0 && context.desired !== null && check('byStarts'))",
        'ended > 0 => true',
        'ended > 0 => ended >= 0',
      ),
      'machines/fleet/tellListed.ts': mutantsIn(
        'if (denied.length > 0) {',
        'denied.length > 0 => true',
        'denied.length > 0 => denied.length >= 0',
      ),
      'machines/scheduler/connectedWorkers.ts': mutantsOf(
        'if (listed.workers === workers && listed.added.length === 0) | listed.workers === workers && listed.added.length === 0 => false',
        'if (worker === last) continue; | worker === last => false',
      ),
      'machines/scheduler/monitorStream.ts': mutantsOf(
        'const connected = moves.length > 0 ? { ...before.connected } : before.connected; | moves.length > 0 => true',
        'const connected = moves.length > 0 ? { ...before.connected } : before.connected; | moves.length > 0 => moves.length >= 0',
        'before.listed !== null && groups === null && before.groups === null | before.listed !== null && groups === null && before.groups === null => false',
      ),
    },
  },
  {
    why: 'a text is no state of a task: it names none',
    mutants: {
      'machines/scheduler/monitorStream.ts': mutantsOf(
        'const newPart = (): Part => ({ moves: [], states: [], list: null }); | [] => ["Stryker was here"]',
      ),
    },
  },
  {
    why: 'type narrowing only: other messages name no worker, the guard of the transition has found a reason, and the machine uses the action for these messages alone',
    mutants: {
      'machines/scheduler/dialogue.ts': mutantsOf(
        "if (what.type !== 'disconnectRequest') return { context: before, notes }; | what.type !== 'disconnectRequest' => false",
        'if (reason === null) return { context: before }; | reason === null => false',
        'if (reason === null) return { context: before }; | { context: before } => {}',
        "if (event.message.type !== 'desired') return known; | event.message.type !== 'desired' => false",
      ),
    },
  },
  {
    why: 'saves work only: the numbering that is settled is learned again, and without groups a dialogue with them does nothing',
    mutants: {
      'machines/scheduler/dialogue.ts': mutantsOf(
        'dialect.numbering.settled === null | dialect.numbering.settled === null => true',
        'if (groups === null || !mayHaveGroups(dialect)) return { context }; | groups === null => false',
      ),
    },
  },
  {
    why: 'each drain sets the value before it is read',
    mutants: {
      'machines/group/workerGroup.ts': mutantsOf('whenIdle: false, | false => true'),
    },
  },
  {
    why: 'a value that is no object, and a field that is not of the record, are left out when the record is parsed',
    mutants: {
      'src/store/upgrade.ts': mutantsOf(
        "return typeof value === 'object' && value !== null && !Array.isArray(value); | typeof value === 'object' => true",
        "return record.kind === 'ended' ? { ...record, usd: null } : record; | record.kind === 'ended' => true",
      ),
    },
  },
  {
    why: 'a label that is null is in no journal: the answer is the same',
    mutants: {
      'machines/fleet/listedTasks.ts': mutantsOf(
        'launchOpen: task.label !== null && owners.isOpen(task.label), | task.label !== null => true',
      ),
    },
  },
  {
    why: 'no frame has an empty payload, and bytes that end too early have another checksum',
    mutants: {
      'src/store/frames.ts': mutantsOf(
        'if (bytes.length - at < headBytes) return null; | bytes.length - at < headBytes => bytes.length - at <= headBytes',
        'if (length > longestPayload || end > bytes.length) return null; | end > bytes.length => false',
        "if (left < headBytes) return 'torn'; | left < headBytes => left <= headBytes",
        'for (let later = at + 1; later < bytes.length; later += 1) | later < bytes.length => later <= bytes.length',
      ),
    },
  },
  {
    why: 'Number.isFinite accepts nothing but numbers, no group owns null, and parsing throws nothing else',
    mutants: {
      'src/store/fields.ts': mutantsOf(
        "if (typeof value !== 'number' || !Number.isFinite(value)) throw new Unfit(); | typeof value !== 'number' => false",
      ),
      'src/store/records.ts': mutantsOf(
        'if (error instanceof Unfit) return null; | error instanceof Unfit => true',
      ),
      'src/store/ledger.ts': mutantsOf(
        'const lives = group !== undefined || (taskArn !== null && this.#owners.has(taskArn)); | taskArn !== null => true',
      ),
    },
  },
  {
    why: 'JSON holds no object that reads as an ARN, and nothing undefined has the form of a member',
    mutants: {
      'src/aws/wellFormed.ts': mutantsOf(
        "if (shape === 'arn') return (value) => typeof value === 'string' && arn.test(value); | typeof value === 'string' => true",
        'return (value) => Array.isArray(value) && value.every((item) => item !== undefined && fits(item)); | item !== undefined => true',
      ),
      'src/aws/regionalEcs.ts': mutantsOf(
        "return typeof arn === 'string' ? regionOf(arn) : undefined; | typeof arn === 'string' => true",
      ),
      'src/aws/tasks/taskObservation.ts': mutantsOf(
        "const isReasonPending = phase === 'stopping' && verdict?.cause === 'lost'; | verdict?.cause => verdict.cause",
      ),
    },
  },
  {
    why: 'type narrowing only: a launch that ends has its groups, the tasks that are compared are shown, one request is there, null of before is the answer null, every part and every key is there, and no message but that of a task has a state',
    mutants: {
      'machines/scheduler/gathering.ts': mutantsOf(
        "const isUrgent = message.type === 'monitor.task' && message.state === 'canceling'; | message.type === 'monitor.task' => true",
      ),
      'machines/scheduler/monitorStream.ts': mutantsOf(
        'return Array.from({ length: turns }, (_, i) => cohorts[(first + i) % cohorts.length] ?? []); | [] => ["Stryker was here"]',
      ),
      'machines/fleet/tellListed.ts': mutantsOf(
        'const denied = Object.keys(cohorts).filter((id) => (cohorts[id]?.counts.denied ?? 0) > 0); | cohorts[id]?.counts => cohorts[id].counts',
      ),
      'machines/fleet/taskIndex.ts': mutantsOf(
        'parts[partOf(taskId)]?.[taskId]; | parts[partOf(taskId)]?.[taskId] => parts[partOf(taskId)][taskId]',
      ),
      'machines/cohort/loads.ts': mutantsOf(
        'const shown = load !== null && present && { shownWorkers: load.workers }; | load !== null => true',
      ),
      'machines/cohort/changes.ts': mutantsOf(
        'const waiting = context.launches[label] ?? []; | [] => ["Stryker was here"]',
      ),
      'machines/cohort/settleLaunch.ts': mutantsOf(
        'const { [end.label]: waiting = [], ...launches } = records.launches; | [] => ["Stryker was here"]',
      ),
      'machines/cohort/observe.ts': mutantsOf(
        "const isRunning = (record: GroupRecord): boolean => observationOf(record)?.phase === 'running'; | observationOf(record)?.phase => observationOf(record).phase",
      ),
      'machines/fleet/demand.ts': mutantsOf(
        'const isPlain = requests.length === 1 && requests[0]?.capabilities.length === 0; | requests[0]?.capabilities => requests[0].capabilities',
      ),
      'machines/fleet/reconcile.ts': mutantsOf(
        'if (admit > 0 && revision !== null) { | revision !== null => true',
      ),
      'machines/fleet/launching.ts': mutantsIn(
        "const [probe = ''] = launches[0]?.groupIds ?? [];",
        'launches[0]?.groupIds => launches[0].groupIds',
        '[] => ["Stryker was here"]',
      ),
    },
  },
  {
    why: 'a task that ECS shows as stopped has ended, whatever the monitor stream shows',
    mutants: {
      'machines/cohort/observe.ts': mutantsOf(
        'return reconcileObserved(records, [observation], at, timeouts, false); | false => true',
      ),
    },
  },
  {
    why: 'no task has the ARN null, so the lookup finds none',
    mutants: {
      'machines/cohort/observe.ts': mutantsOf(
        'taskArn === null ? undefined : byArn.get(taskArn); | taskArn === null => false',
      ),
    },
  },
  {
    why: 'assigning an equal value changes nothing, nor does sending no commands: this only saves work',
    mutants: {
      'machines/fleet/cohortEvents.ts': mutantsOf(
        'if (due.length === 0) return; | due.length === 0 => false',
      ),
    },
  },
  {
    why: 'where nothing is desired yet, a plan for as many as there are keeps as many as the limit allows, too',
    mutants: {
      'machines/fleet/reconcile.ts': mutantsOf(
        "if (scheduler !== 'absent' || fleet.desired === null) return fleet.desired; | fleet.desired === null => false",
      ),
    },
  },
  {
    why: 'equal prices are one price, no day is none of today, equal days have returned before, and limits are not read without prices',
    mutants: {
      'machines/fleet/money.ts': mutantsOf(
        "const market: Market = prices.spot < prices.onDemand ? 'spot' : 'onDemand'; | prices.spot < prices.onDemand => prices.spot <= prices.onDemand",
        'if (day < money.day) return { ...money, day }; | day < money.day => day <= money.day',
        'const isSameDay = spent != null && spent.day !== null && spent.day >= midnight; | spent.day !== null => true',
        'limits: { perHour: null, perDay: null, total: null }, | { perHour: null, perDay: null, total: null } => {}',
      ),
    },
  },
  {
    why: 'the slack is for rounding: a sum that is off by exactly the slack means the same either way',
    mutants: {
      'machines/fleet/money.ts': mutantsOf(
        'if (spent < allowed - slack) return []; | spent < allowed - slack => spent <= allowed - slack',
        'return spent > allowed + slack ? [Math.floor(within)] : []; | spent > allowed + slack => spent >= allowed + slack',
      ),
    },
  },
  {
    why: 'default for settings without subnets; an unknown subnet without an open breaker changes nothing',
    mutants: {
      'machines/fleet/launchGate.ts': mutantsOf(
        'permitFor(breakers, { subnets: [], ...settings }, now); | [] => ["Stryker was here"]',
      ),
    },
  },
  {
    why: 'what names no task that was asked for, and an answer without its list, count for nothing: `wellFormed` refuses the rest',
    mutants: {
      'src/aws/tasks/describeTasks.ts': mutantsOf(
        'const { tasks = [], failures = [] } = await call( | [] => ["Stryker was here"]',
      ),
      'src/aws/tasks/listTasks.ts': mutantsOf(
        'const page = (answer.taskArns ?? []).filter((arn) => !arns.has(arn)); | [] => ["Stryker was here"]',
      ),
      'src/aws/tasks/stopTask.ts': mutantsOf(
        'return task?.taskArn === taskArn ? observationOf(task) : null; | task?.taskArn => task.taskArn',
      ),
      'src/aws/tasks/runTask.ts': mutantsOf(
        'const { tasks = [], failures = [] } = answer; | [] => ["Stryker was here"]',
        'return [...new Set(tasks.flatMap(({ taskArn }) => taskArn ?? []))]; | [] => ["Stryker was here"]',
      ),
    },
  },
  {
    why: 'null and undefined, false and undefined count the same, and of `isWhole` it is only read whether it is there',
    mutants: {
      'src/aws/tasks/listTasks.ts': mutantsOf(
        'elsewhere: Elsewhere = { places: () => ({ clusters: [], tags: [] }), ownAccount: () => null }, | () => null => () => undefined',
        'isOwned: (taskArn: string) => boolean = () => false, | () => false => () => undefined',
      ),
      'src/aws/tasks/runTask.ts': mutantsOf(
        'return { tasks, failures: [], isWhole: true }; | true => false',
      ),
    },
  },
  {
    why: 'no error of AWS has the name that the mutant adds',
    mutants: {
      'src/aws/errorTable.ts': mutantsOf(
        '...errorRows.flatMap(({ names }) => names ?? []), | [] => ["Stryker was here"]',
      ),
    },
  },
  {
    why: 'a directory is left out whether its journal is missing or cannot be read',
    mutants: {
      'src/store/siblings.ts': mutantsOf(
        'const ledger = peekJournal(path)?.ledger; | peekJournal(path)?.ledger => peekJournal(path).ledger',
        '} catch { | { // No directory of ours, or of a later version: its own program will read i... => {}',
      ),
    },
  },
  {
    why: 'the header is no record, only a launch has a count, and a file of exactly the greatest size may be read or refused',
    mutants: {
      'src/store/peekJournal.ts': mutantsOf(
        'const records = values | values .slice(1) => values',
        "if (record.kind === 'launch') | record.kind === 'launch' => true",
        `if (size > longestJournal) throw new RangeError(\`it has \${size} bytes\`); | size > longestJournal => size >= longestJournal`,
      ),
    },
  },
  {
    why: 'a draft that cannot be removed is left to the next rewrite, with or without an error',
    mutants: {
      'src/store/journalFile.ts': mutantsIn(
        'await files.rm(draft, { force: true }).catch(() => {});',
        '{ force: true } => {}',
        'true => false',
      ),
    },
  },
  {
    why: 'null is left out before, what is no object has no moments, AWS answers nothing with 300, and an id that is undefined is none',
    mutants: {
      'src/aws/plainAnswers.ts': mutantsOf(
        "typeof value === 'object' && value !== null && !Array.isArray(value); | value !== null => true",
        'if (Array.isArray(tasks)) for (const task of tasks) if (isObject(task)) readMoments(task); | isObject(task) => true',
        'const isPlain = plain.has(operation.name) && statusCode < 300 && body instanceof Uint8Array; | statusCode < 300 => statusCode <= 300',
        'if (requestId !== undefined) $metadata.requestId = requestId; | requestId !== undefined => true',
      ),
    },
  },
  {
    why: 'of what is shown of the file it is only read whether it is there',
    mutants: {
      'src/store/readJournal.ts': mutantsIn(
        "return files.stat(join(dir, 'identity'), { bigint: true }).then(",
        '{ bigint: true } => {}',
        'true => false',
      ),
    },
  },
  {
    why: 'the header is no record, and Number.isInteger accepts nothing but numbers',
    mutants: {
      'src/store/readJournal.ts': mutantsOf(
        'const records = values | values .slice(1) => values',
        "if (typeof found === 'number' && Number.isInteger(found) && found >= 1 && found <= journalVersion) | typeof found === 'number' => true",
      ),
    },
  },
  {
    why: 'the fields of /proc/locks are found whatever is between them; a directory that cannot be made fails alike when it is tried again, and the root is always there',
    mutants: {
      'src/store/stateDir.ts': mutantsOf(
        "return locks.some((line) => line.includes(' FLOCK ') && line.split(/\\s+/).includes(file)); | /\\s+/ => /\\s/",
        "if (code !== 'ENOENT' || dirname(path) === path) throw error; | code !== 'ENOENT' || dirname(path) === path => false",
        "if (code !== 'ENOENT' || dirname(path) === path) throw error; | code !== 'ENOENT' || dirname(path) === path => code !== 'ENOENT' && dirname(path) === path",
        "if (code !== 'ENOENT' || dirname(path) === path) throw error; | code !== 'ENOENT' => false",
        "if (code !== 'ENOENT' || dirname(path) === path) throw error; | dirname(path) === path => false",
      ),
    },
  },
  {
    why: 'a test would need a host without /proc/locks, and a file system that other hosts share',
    mutants: {
      'src/store/stateDir.ts': mutantsOf(
        'const systemTools: LockTools = { lockBySocket, fileSystemOf: (path) => statfsSync(path).type }; | (path) => statfsSync(path).type => () => undefined',
        '} catch { | { return false; } => {}',
        'return false; | false => true',
      ),
    },
  },
  {
    why: 'a file that long holds no identity, whether or not it is read',
    mutants: {
      'src/store/identity.ts': mutantsOf(
        'if (!stats.isFile() || stats.size > longest + 1) return null; | stats.size > longest + 1 => false',
      ),
    },
  },
  {
    why: 'another pause, as random; and what counts is the right to write to a socket, not that to read',
    mutants: {
      'src/store/socketLock.ts': mutantsOf(
        'await sleep(Math.random() * longestPauseMs); | Math.random() * longestPauseMs => Math.random() / longestPauseMs',
        'server.listen({ path, readableAll: false, writableAll: false }, resolve); | false => true',
      ),
    },
  },
  {
    why: 'a record that is no launch and names one is of a launch that is over',
    mutants: {
      'src/store/journal.ts': mutantsOf(
        "return record.kind === 'launch' && unwritten.has(record.label) && ledger.isOpen(record.label); | record.kind === 'launch' => true",
        "if (waiting.some(({ record }) => record.kind === 'launch' && record.label === label)) return; | record.kind === 'launch' => true",
        "if (record.kind === 'launch') unwritten.delete(record.label); | record.kind === 'launch' => true",
        "if (record.kind === 'launch') withdraw(record); | record.kind === 'launch' => true",
        "if (record.kind === 'launch' && !ledger.isOpen(record.label)) unwritten.add(record.label); | record.kind === 'launch' => true",
      ),
    },
  },
  {
    why: 'other limits of time and size, or one rewrite more; without a name of its file a journal is not healthy',
    mutants: {
      'src/store/journal.ts': mutantsOf(
        'wait = (ms) => delay(ms, undefined, { ref: false }), | { ref: false } => {}',
        'wait = (ms) => delay(ms, undefined, { ref: false }), | false => true',
        'pause = () => new Promise((resolve) => setImmediate(resolve)), | () => new Promise((resolve) => setImmediate(resolve)) => () => undefined',
        'smallest = 1024 * 1024, | 1024 * 1024 => 1024 / 1024',
        'const unsynced = new Set<string>(read.durable ? [] : openLabels()); | [] => ["Stryker was here"]',
        'if (!failure || closed) break; | !failure || closed => false',
        'if (!failure || closed) break; | !failure || closed => !failure && closed',
        'if (failure || isOpen || name === null) return; | name === null => false',
        'if (failure) await commit([]); | failure => true',
      ),
    },
  },
];
