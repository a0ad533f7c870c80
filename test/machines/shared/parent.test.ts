import { expect, it } from 'vitest';
import { createActor, sendTo, setup } from 'xstate';
import { parent } from '../../../machines/shared/parent.ts';

const heard: string[] = [];
const child = setup({}).createMachine({
  entry: sendTo(parent, { type: 'hello' }),
  on: { hello: { actions: () => heard.push('child') } },
});

it('an event for the parent reaches it, and is dropped when an actor has none', () => {
  const family = setup({ actors: { child } }).createMachine({
    invoke: { src: 'child' },
    on: { hello: { actions: () => heard.push('parent') } },
  });
  createActor(family).start();
  expect(heard).toEqual(['parent']);
  createActor(child).start();
  expect(heard).toEqual(['parent']);
});
