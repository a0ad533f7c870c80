import { accountScenarios } from './accountScenarios.ts';
import { bootstrapScenarios } from './bootstrapScenarios.ts';
import { refusalScenarios } from './refusalScenarios.ts';
import type { Scenario } from './steps.ts';
import { taskScenarios } from './taskScenarios.ts';

export const scenarios: Scenario[] = [
  ...accountScenarios,
  ...bootstrapScenarios,
  ...taskScenarios,
  ...refusalScenarios,
];
