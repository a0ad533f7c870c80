/** ECS takes and returns at most so many tasks in one call of DescribeTasks or ListTasks. */
export const tasksPerPage = 100;

/** Calls a second that are left to lists of our tasks: they send one after the other, and AWS takes about 250 ms for each. */
export const listCallsPerSecond = 5;

/** One RunTask starts at most so many tasks. */
export const tasksPerRunTask = 10;
