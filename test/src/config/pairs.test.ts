import { describe, expect, it } from 'vitest';
import { pairs, secrets, tags } from '../../../src/config/pairs.ts';

const one = (name: string, value: string) => [{ name, value }];
const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/token-AbCdEf';
const parameter = 'arn:aws:ssm:eu-west-1:123456789012:parameter/app/token';

describe('pairs', () => {
  it('are read from a text and from a TOML array, whose values may hold commas and equal signs', () => {
    expect(pairs.fromText('a=1, b = x=y ,')).toEqual([...one('a', '1'), ...one('b', 'x=y')]);
    expect(pairs.fromToml(['a=1,2'])).toEqual(one('a', '1,2'));
    expect(pairs.toToml(one('a', '1,2'))).toEqual(['a=1,2']);
    expect(pairs.fromText('')).toEqual([]);
  });

  it.each(['a', '=1', 'a=1,b'])('refuse %s', (text) => {
    expect(() => pairs.fromText(text)).toThrow('name=value');
  });
});

describe('tags', () => {
  it('may hold letters of any script and the signs that AWS takes', () => {
    expect(tags(one('Kosten stelle/1', 'a_b.c:d@e+f-g=h'))).toBeNull();
    expect(tags([...one('a', ''), ...one('b', 'ü')])).toBeNull();
  });

  it.each([
    ['aws:name', 'x', 'reserved'],
    ['AWS:name', 'x', 'reserved'],
    ['a;b', 'x', 'letters, digits'],
    ['a', 'x'.repeat(257), '256'],
    ['a'.repeat(129), 'x', '128'],
  ])('refuse %s=%s', (name, value, words) => {
    expect(tags(one(name, value))).toContain(words);
  });

  it('are at most 50, each once', () => {
    const many = Array.from({ length: 51 }, (_, i) => ({ name: `t${i}`, value: '' }));
    expect(tags(many)).toContain('at most 50');
    expect(tags(many.slice(1))).toBeNull();
    expect(tags([...one('a', '1'), ...one('a', '2')])).toContain('twice');
  });
});

describe('secrets', () => {
  it('are ARNs of Secrets Manager, also of one key of a secret, and of Systems Manager', () => {
    for (const arn of [secret, `${secret}:password::`, parameter])
      expect(secrets(one('TOKEN', arn))).toBeNull();
  });

  it('are never the value itself, which no message quotes', () => {
    const refusal = secrets(one('TOKEN', 'hunter2'));
    expect(refusal).toContain('never the secret itself');
    expect(refusal).not.toContain('hunter2');
  });

  it('do not take the place of a variable of this program', () => {
    expect(secrets(one('COMMAND', secret))).toContain('set by this program');
    expect(secrets(one('a-b', secret))).toContain('environment variables');
    expect(secrets([...one('A', secret), ...one('A', parameter)])).toContain('twice');
  });
});
