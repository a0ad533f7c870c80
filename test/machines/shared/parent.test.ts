import { expect, it } from 'vitest';
import { createActor, sendTo, setup } from 'xstate';
import { parent } from '../../../machines/shared/parent.ts';

const heard: string[] = [];
const child = setup({}).createMachine({
  entry: sendTo(parent, { type: 'hello' }),
  on: { hello: { actions: () => heard.push('child') } },
});

it('is told, if there is one; an actor alone tells nobody, itself included', () => {
  const family = setup({ actors: { child } }).createMachine({
    invoke: { src: 'child' },
    on: { hello: { actions: () => heard.push('parent') } },
  });
  createActor(family).start();
  expect(heard).toEqual(['parent']);
  createActor(child).start();
  expect(heard).toEqual(['parent']);
});
