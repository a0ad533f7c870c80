import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { screensOf, terminalSvg } from '../../../../src/demo/picture/terminalSvg.ts';

describe('the picture of a terminal', () => {
  it('puts each piece of a line where it stands, in its colour', () => {
    const svg = terminalSvg(['ab\x1b[32mcd\x1b[0m e'], 10, 'title');
    expect(svg).toContain('<tspan x="16" textLength="16.8" fill="#d6deeb">ab</tspan>');
    expect(svg).toContain('<tspan x="32.8" textLength="16.8" fill="#7fdb8a">cd</tspan>');
    expect(svg).toContain('<tspan x="49.6" textLength="16.8" fill="#d6deeb"> e</tspan>');
  });

  it('writes no text as markup', () => {
    expect(terminalSvg(['a < b & c > d'], 20, '<t>')).toContain('a &lt; b &amp; c &gt; d');
    expect(terminalSvg([''], 20, '<t>')).toContain('<title>&lt;t&gt;</title>');
  });
});

describe('the screens of a program', () => {
  it('begin where it moves up to its first line again', () => {
    const output = '\x1b[?25l\rone\x1b[K\n\rtwo\x1b[K\n\x1b[J\x1b[2A\rthree\x1b[K\n\x1b[J\x1b[?25h';
    expect(screensOf(output)).toEqual([
      ['one', 'two', ''],
      ['three', ''],
    ]);
  });
});

it('the picture of the README shows groups at work', () => {
  const svg = readFileSync(new URL('../../../../pictures/demo.svg', import.meta.url), 'utf8');
  expect(svg.split('●').length).toBeGreaterThan(2);
  expect(svg).not.toContain('\x1b');
});
