import { describe, expect, it } from 'vitest';
import { serveRecording } from '../../../../src/telemetry/inspector/serveRecording.ts';
import { fleetRecording } from '../../../browser/recordings.ts';

describe('serveRecording', () => {
  it.each([
    ['', 'it is not a recording of scaler-ecs: its first line has no header'],
    ['{"a":1}', 'it is not a recording of scaler-ecs: its first line has no header'],
    ['not JSON', 'line 1 is not JSON'],
    [
      '{"header":{"format":"scaler-ecs recording","version":9}}',
      'it is a recording of version 9; this program reads version 1',
    ],
    ['{"header":{"format":"scaler-ecs recording","version":1}}', 'nothing is recorded in it'],
  ])('refuses %j', async (text, why) => {
    await expect(serveRecording(text, 0)).rejects.toThrow(why);
  });

  it('answers with the recording as it was saved, to those who know the token', async () => {
    const text = fleetRecording(3);
    const server = await serveRecording(text, 0);
    const get = (url: string) => fetch(url);
    const address = server.url.replace('/?', '/recording?');
    expect(await (await get(address)).text()).toBe(text);
    const wrong = await get(address.replace(/token=.*/, 'token=wrong'));
    expect([wrong.status, await wrong.text()]).toEqual([
      403,
      'This address needs the token of this run: open the address that scaler-ecs logged.\n',
    ]);
    expect((await get(`http://127.0.0.1:${server.port}/`)).status).toBe(403);
    expect((await fetch(address, { method: 'POST' })).status).toBe(405);
    await server.close();
  });
});
