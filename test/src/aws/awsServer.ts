import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { createEcsClient } from '../../../src/aws/client.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface AwsServer {
  url: string;
  ecs: ECSClient;
  /** Answers every request; tests replace it. */
  answer: Answer;
  /** Operation and body of each request so far. */
  requests: { operation: string; input: Record<string, unknown> }[];
  close(): Promise<void>;
}

export const jsonAnswer =
  (status: number, body: unknown): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** An error in the form of ECS. */
export const errorAnswer = (name: string, message: string, status = 400, more = {}): Answer =>
  jsonAnswer(status, { __type: name, message, ...more });

export const credentials = {
  accessKeyId: 'AKIAPLANTEDPLANTED00',
  secretAccessKey: 'planted-secret-key',
  sessionToken: 'planted-session-token',
};

/** An HTTP server on loopback that answers the real SDK as the test says. */
export const startAwsServer = async (): Promise<AwsServer> => {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
      answers.requests.push({ operation, input: operation ? JSON.parse(body) : {} });
      answers.answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ecs = createEcsClient({ region: 'us-east-1', endpoint: url, credentials });
  const answers: AwsServer = {
    url,
    ecs,
    answer: jsonAnswer(200, {}),
    requests: [],
    close: () => {
      ecs.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return answers;
};

/** Resolves to what the promise rejects with. */
export const rejectionOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('it did not throw');
    },
    (error: unknown) => error,
  );
