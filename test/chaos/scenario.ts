import type { World, WorldSetup } from './world.ts';

/** One thing that must be survived, in a world of its own. What it finds it tells the world. */
export interface Scenario {
  setup: WorldSetup;
  play(world: World, seed: number): Promise<void>;
}
