import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { createEcsClient } from '../../../src/aws/client.ts';
import { credentials } from './awsServer.ts';

export interface RawServer {
  url: string;
  ecs: ECSClient;
  /** Answers each request, byte for byte; tests replace it. */
  answer: (socket: Socket) => void;
  close(): Promise<void>;
}

/** A server on loopback that answers the real SDK with bytes that no HTTP library would send. */
export async function startRawServer(): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let head = '';
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      head = '';
      raw.answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ecs = createEcsClient({ region: 'us-east-1', endpoint: url, credentials });
  const raw: RawServer = {
    url,
    ecs,
    answer: (socket) => void socket.end(httpAnswer('200 OK', '{}')),
    async close() {
      ecs.destroy();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return raw;
}

/** An answer that ends its connection. */
export function httpAnswer(status: string, body: string, headers: string[] = []): string {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  const lines = [`HTTP/1.1 ${status}`, length, 'connection: close', ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
