import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeHello,
  encodeMessage,
  FramingFailure,
  YmqReader,
} from '../../../../src/scheduler/transport/ymqFraming.ts';
import { hex, ymq2, ymqClient, ymqScheduler } from './vectors.ts';

const limit = 1024;

/** The frames that a reader yields for these chunks, as text. */
function read(chunks: Uint8Array[], maxMessageBytes = limit): string[] {
  const reader = new YmqReader(maxMessageBytes);
  return chunks.flatMap((chunk) =>
    [...reader.push(chunk)].map((frame) =>
      frame.type === 'magic' ? `magic ${frame.version}` : hex(frame.payload),
    ),
  );
}

describe.each([
  ['client', 1, ymqClient],
  ['scheduler', 1, ymqScheduler],
  ...ymq2.flatMap(({ release, client, scheduler }) => [
    [`client of ${release}`, 2, client] as const,
    [`scheduler of ${release}`, 2, scheduler] as const,
  ]),
] as const)(
  'the captured stream of the %s with magic version %d',
  (_, version, { bytes, identity, payloads }) => {
    const expected = [`magic ${version}`, hex(Buffer.from(identity)), ...payloads];

    it('is read the same wherever it is split in two', () => {
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected);
      }
    });

    it('is read byte by byte', () => {
      expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
    });

    it('is written byte for byte', () => {
      const written = Buffer.concat([
        encodeHello(version, Buffer.from(identity)),
        ...payloads.map((payload) => encodeMessage(Buffer.from(payload, 'hex'))),
      ]);
      expect(hex(written)).toBe(hex(bytes));
    });
  },
);

it('YmqReader reads what the encoders wrote, split anywhere, with empty messages', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
  fc.assert(
    fc.property(payloads, fc.array(fc.nat(1000)), fc.nat(255), (messages, cuts, version) => {
      const bytes = Buffer.concat([
        encodeHello(version, Buffer.from('me')),
        ...messages.map(encodeMessage),
      ]);
      const edges = [0, ...cuts.map((cut) => cut % bytes.length), bytes.length];
      edges.sort((a, b) => a - b);
      const chunks = edges.slice(1).map((end, at) => bytes.subarray(edges[at], end));
      expect(read(chunks)).toEqual([
        `magic ${version}`,
        hex(Buffer.from('me')),
        ...messages.map(hex),
      ]);
    }),
  );
});

it('YmqReader yields frames or throws a FramingFailure for any bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), fc.boolean(), (noise, withMagic) => {
      try {
        read(withMagic ? [ymqScheduler.bytes.subarray(0, 4), ...noise] : noise);
      } catch (error) {
        expect(error).toBeInstanceOf(FramingFailure);
      }
    }),
  );
});

it.each([1, 0x59, 254])(
  'YmqReader reads a stream without magic with an identity of %d bytes',
  (length) => {
    const identity = Buffer.alloc(length, 'i');
    const bytes = Buffer.concat([encodeHello(0, identity), encodeMessage(Buffer.alloc(8, 1))]);
    expect(bytes).toHaveLength(8 + length + 16);
    const expected = ['magic 0', hex(identity), '0101010101010101'];
    expect(read([bytes])).toEqual(expected);
    expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
  },
);

it.each([
  ['00', '00'],
  ['34000100', '34000100'],
  ['594d58', '594d58'],
  ['ff00000000000000017f', 'looks like ZeroMQ'],
])('YmqReader fails for a stream that begins with %s', (bytes, message) => {
  expect(() => read([Buffer.from(bytes, 'hex')])).toThrow(message);
  expect(() => read([...Buffer.from(bytes, 'hex')].map((byte) => Uint8Array.of(byte)))).toThrow(
    FramingFailure,
  );
});

describe('a message above the limit', () => {
  const hello = encodeHello(1, Buffer.from('a'));
  const announce = (length: bigint) => {
    const header = Buffer.alloc(8);
    header.writeBigUInt64LE(length);
    return Buffer.concat([hello, header]);
  };

  it.each([BigInt(limit) + 1n, 2n ** 40n, 2n ** 64n - 1n])(
    'of %s bytes fails at its header',
    (length) => {
      expect(() => read([announce(length)])).toThrow(
        /announces a message of \d+ bytes, the limit is 1024/,
      );
    },
  );

  it('fails only above the limit, and after the frames before it', () => {
    expect(read([announce(BigInt(limit)), Buffer.alloc(limit)])).toHaveLength(3);
    const frames: string[] = [];
    const reader = new YmqReader(limit);
    expect(() => {
      for (const frame of reader.push(announce(BigInt(limit) + 1n))) frames.push(frame.type);
    }).toThrow(FramingFailure);
    expect(frames).toEqual(['magic', 'message']);
  });

  it('allocates memory for the received bytes, not for the announced length', () => {
    const reader = new YmqReader(2 ** 40);
    const before = process.memoryUsage().arrayBuffers;
    expect([...reader.push(announce(2n ** 39n))]).toHaveLength(2);
    expect([...reader.push(Buffer.alloc(1000))]).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});

it('atBoundary is true only between two messages', () => {
  const reader = new YmqReader(limit);
  const boundaries = [...ymqClient.bytes].map((byte) => {
    expect([...reader.push(Uint8Array.of(byte))].length).toBeLessThan(2);
    return reader.atBoundary;
  });
  expect(boundaries.flatMap((is, at) => (is ? at + 1 : []))).toEqual([4, 72, 176]);
});
