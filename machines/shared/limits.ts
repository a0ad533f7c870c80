/** ECS takes and returns at most so many tasks in one call of DescribeTasks or ListTasks. */
export const tasksPerPage = 100;

/** One RunTask starts at most so many tasks. */
export const tasksPerRunTask = 10;
