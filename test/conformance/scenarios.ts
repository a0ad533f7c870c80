import { bootstrapScenarios } from './bootstrapScenarios.ts';
import { refusalScenarios } from './refusalScenarios.ts';
import type { Scenario } from './steps.ts';
import { taskScenarios } from './taskScenarios.ts';

export const scenarios: Scenario[] = [...bootstrapScenarios, ...taskScenarios, ...refusalScenarios];
